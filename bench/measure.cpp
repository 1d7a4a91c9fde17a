#include "bench/measure.h"

#include <algorithm>
#include <cstdio>
#include <time.h>

namespace busguard::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(const std::function<void()>& function, int times) {
    const double start = processor_seconds();
    for (int i = 0; i < times; ++i) function();
    return (processor_seconds() - start) / times;
}

// So many calls that a slice is long against the clock's own cost.
int calls_per_slice(const std::function<void()>& function) {
    function();
    const double once = std::max(seconds(function, 3), 1e-8);
    return std::max(1, static_cast<int>(0.004 / once));
}

}  // namespace

std::vector<double> compare(const std::vector<std::function<void()>>& functions,
                            std::chrono::milliseconds altogether) {
    std::vector<int> calls;
    for (const auto& function : functions) calls.push_back(calls_per_slice(function));
    std::vector<std::vector<double>> slices(functions.size());
    const auto end = Clock::now() + altogether;
    while (Clock::now() < end || slices.front().size() < 9)
        for (std::size_t i = 0; i < functions.size(); ++i)
            slices[i].push_back(seconds(functions[i], calls[i]));
    std::vector<double> medians;
    for (auto& slice : slices) {
        auto middle = slice.begin() + static_cast<std::ptrdiff_t>(slice.size() / 2);
        std::nth_element(slice.begin(), middle, slice.end());
        medians.push_back(*middle);
    }
    return medians;
}

std::string in_seconds(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f s", seconds);
    return text;
}

double processor_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace busguard::bench
