#include "bench/measure.h"

#include <openssl/crypto.h>

#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

// One thread; off while time is measured, for counting costs more than many an allocation.
bool counting = false;
std::size_t count = 0;
std::size_t bytes = 0;

void* taken(void* block) {
    if (counting && block != nullptr) {
        ++count;
        bytes += malloc_usable_size(block);
    }
    return block;
}

void give_back(void* block) {
    if (counting && block != nullptr) bytes -= malloc_usable_size(block);
    std::free(block);
}

void* openssl_malloc(std::size_t size, const char*, int) {
    return size == 0 ? nullptr : taken(std::malloc(size));
}
void* openssl_realloc(void* block, std::size_t size, const char*, int) {
    if (counting && block != nullptr) bytes -= malloc_usable_size(block);
    return taken(std::realloc(block, size));
}
void openssl_free(void* block, const char*, int) { give_back(block); }

}  // namespace

void* operator new(std::size_t size) {
    if (void* block = taken(std::malloc(size == 0 ? 1 : size))) return block;
    throw std::bad_alloc{};
}
void operator delete(void* block) noexcept { give_back(block); }
void operator delete(void* block, std::size_t) noexcept { give_back(block); }

namespace busguard::bench {

Heap counted(const std::function<void()>& function) {
    count = bytes = 0;
    counting = true;
    function();
    counting = false;
    return {count, bytes};
}
void count_openssl() { CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free); }

}  // namespace busguard::bench
