#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace busguard::bench {

/// Seconds that one call of each function takes: the median over many short slices, taken in turn, so that
/// what disturbs the machine disturbs all of them alike.
std::vector<double> compare(const std::vector<std::function<void()>>& functions,
                            std::chrono::milliseconds altogether = std::chrono::milliseconds{3000});

/// Processor seconds of this process so far.
double processor_seconds();

/// Heap allocations so far, operator new and OpenSSL's.
std::size_t allocations();
/// Bytes on the heap now, by the same count.
std::size_t heap_bytes();
/// Before the first use of OpenSSL.
void count_openssl();

}  // namespace busguard::bench
