#include "crypto/hash.h"

#include "crypto/openssl.h"

#include <cstdlib>

namespace busguard::crypto {
namespace {

/// A failure here is no input's fault: no provider with the algorithm, or no memory. Going on with a wrong
/// digest is the one thing that must not happen.
void must_succeed(int ok) {
    if (ok != 1) std::abort();
}

MdContext started(Hash hash) {
    auto state = must(MdContext{EVP_MD_CTX_new()});
    must_succeed(EVP_DigestInit_ex2(state.get(), evp(hash), nullptr));
    return state;
}

Digest finished(EVP_MD_CTX* state) {
    std::array<std::byte, EVP_MAX_MD_SIZE> value{};
    unsigned int size = 0;
    must_succeed(EVP_DigestFinal_ex(state, out(value.data()), &size));
    return Digest{ByteView{value}.first(size)};
}

}  // namespace

const EVP_MD* evp(Hash hash) {
    // Never freed: as old as the process, and shared by every thread.
    static const auto fetched = [] {
        std::array<const EVP_MD*, all_hashes.size()> algorithms{};
        for (auto each : all_hashes)
            algorithms[static_cast<std::size_t>(each)] = EVP_MD_fetch(nullptr, c_name(each), nullptr);
        ERR_clear_error();
        return algorithms;
    }();
    return fetched[static_cast<std::size_t>(hash)];
}

bool supported(Hash hash) { return evp(hash) != nullptr; }

Digest digest(Hash hash, std::initializer_list<ByteView> parts) {
    thread_local const auto state = must(MdContext{EVP_MD_CTX_new()});  // saves two allocations a digest
    must_succeed(EVP_DigestInit_ex2(state.get(), evp(hash), nullptr));
    for (auto part : parts) must_succeed(EVP_DigestUpdate(state.get(), part.data(), part.size()));
    return finished(state.get());
}

Digest digest(Hash hash, ByteView bytes) { return digest(hash, {bytes}); }

void Hasher::Free::operator()(evp_md_ctx_st* state) const { EVP_MD_CTX_free(state); }

Hasher::Hasher(Hash hash) : hash_{hash}, state_{started(hash).release()} {}

Hasher::Hasher(const Hasher& other) : hash_{other.hash_}, state_{must(EVP_MD_CTX_new())} {
    must_succeed(EVP_MD_CTX_copy_ex(state_.get(), other.state_.get()));
}

Hasher& Hasher::operator=(const Hasher& other) {
    if (this != &other) *this = Hasher{other};
    return *this;
}

void Hasher::update(ByteView bytes) {
    must_succeed(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()));
}

Digest Hasher::finish() const {
    thread_local const auto copy = must(MdContext{EVP_MD_CTX_new()});
    must_succeed(EVP_MD_CTX_copy_ex(copy.get(), state_.get()));
    return finished(copy.get());
}

}  // namespace busguard::crypto
