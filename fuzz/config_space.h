#pragma once

#include "fuzz/target.h"
#include "transport/config_space.h"
#include "transport/little_endian.h"

namespace busguard::fuzz {

/// Configuration space as an input says: its first bytes, zeros behind them.
class Image final : public transport::ConfigSpace {
public:
    explicit Image(ByteView input) : bytes_(extended_size) {
        std::copy_n(input.begin(), std::min(input.size(), bytes_.size()), bytes_.begin());
    }

    Result<std::uint32_t> read(std::size_t offset) override {
        expect(offset % 4 == 0 && offset < extended_size, "an aligned offset below 4096");
        expect(++reads_ < 100'000, "a walk ends");
        return transport::dword_at(bytes_, offset);
    }
    Result<void> write(std::size_t, std::uint32_t) override {
        expect(false, "a walk writes nothing");
        return {};
    }

private:
    Bytes bytes_;
    std::size_t reads_ = 0;
};

/// Registers that read as the input says, a double word a time; when it is used up, as zero or, if its first
/// bit says so, as those of a device that is gone.
class Registers final : public transport::ConfigSpace {
public:
    explicit Registers(ByteView input) : input_{input} {
        if (!input.empty()) gone_ = (std::to_integer<unsigned>(input[0]) & 1U) != 0;
    }

    Result<std::uint32_t> read(std::size_t offset) override {
        expect(offset % 4 == 0 && offset < extended_size, "an aligned offset below 4096");
        if (input_.left() < 4) return gone_ ? 0xffff'ffffU : 0U;
        return input_.take<std::uint32_t>();
    }
    Result<void> write(std::size_t offset, std::uint32_t) override {
        expect(offset % 4 == 0 && offset < extended_size, "an aligned offset below 4096");
        return {};
    }

private:
    wire::Reader input_;
    bool gone_ = false;
};

}  // namespace busguard::fuzz
