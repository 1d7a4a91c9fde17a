#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace busguard::bench {

/// Seconds that one call of each function takes: the median over many short slices, taken in turn, so that
/// what disturbs the machine disturbs all of them alike.
std::vector<double> compare(const std::vector<std::function<void()>>& functions,
                            std::chrono::milliseconds altogether = std::chrono::milliseconds{3000});

/// Processor seconds of this process so far.
double processor_seconds();

/// "1.23 s"
std::string in_seconds(double seconds);

/// What a function takes from the heap by operator new and OpenSSL's: allocations, and bytes that it does not
/// give back.
struct Heap {
    std::size_t allocations = 0;
    std::size_t kept_bytes = 0;
};
Heap counted(const std::function<void()>& function);
/// Before the first use of OpenSSL.
void count_openssl();

}  // namespace busguard::bench
