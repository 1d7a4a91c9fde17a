#pragma once

#include "base/seams.h"
#include "emulate/config_registers.h"
#include "transport/config_space.h"

#include <algorithm>

/// What the tests of the emulator stand on: a clock that only counts, chance that repeats itself, and a host
/// that reaches configuration space without a file.
namespace busguard::emulate {

class CountingClock final : public Clock {
public:
    Time now() const override { return now_; }
    std::chrono::sys_seconds calendar() const override {
        return std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};
    }
    void wait(Time until, std::span<const int>) override { now_ = std::max(now_, until); }

private:
    Time now_{};
};

class CountingEntropy final : public Entropy {
public:
    Result<void> fill(std::span<std::byte> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::byte>(++count_ * 167 >> 3 & 0xff);
        return {};
    }

private:
    unsigned count_ = 0;
};

class RegisterSpace final : public transport::ConfigSpace {
public:
    explicit RegisterSpace(ConfigRegisters& registers) : registers_{registers} {}

    Result<std::uint32_t> read(std::size_t offset) override {
        const auto bytes = registers_.read(offset, 4);
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            value |= std::to_integer<std::uint32_t>(bytes[i]) << 8 * i;
        return value;
    }
    Result<void> write(std::size_t offset, std::uint32_t value) override {
        Bytes bytes;
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
        registers_.write(offset, bytes);
        return {};
    }

private:
    ConfigRegisters& registers_;
};

}  // namespace busguard::emulate
