#pragma once

#include "base/seams.h"
#include "transport/config_space.h"
#include "transport/doe.h"
#include "transport/little_endian.h"

#include <array>
#include <functional>
#include <optional>

namespace busguard::transport {

/// A config space of 4096 bytes in memory, all of it plain.
class FakeSpace : public ConfigSpace {
public:
    Result<std::uint32_t> read(std::size_t offset) override {
        if (offset >= size) return fail(Errc::truncated, "config", offset);
        return dwords.at(offset / 4);
    }
    Result<void> write(std::size_t offset, std::uint32_t value) override {
        dwords.at(offset / 4) = value;
        return {};
    }

    std::array<std::uint32_t, 1024> dwords{};
    std::size_t size = extended_size;
};

/// The register model of a DOE mailbox at 100h that lies where it is told to. Time is what the test sets.
class FakeMailbox final : public FakeSpace {
public:
    static constexpr std::size_t at = 0x100;
    static constexpr std::uint32_t busy = 1, error = 4, ready = 1U << 31U;

    std::function<Bytes(ByteView object)> answer = [](ByteView object) { return to_bytes(object); };
    Time now{};
    Time latency{};                          // from GO to ready
    Time abort_takes{};                      // from ABORT to clear
    std::uint32_t stuck = 0;                 // status bits that are always set
    std::uint32_t state = 0;                 // status bits until an abort
    std::uint32_t state_on_go = 0;           // likewise, from GO on
    std::optional<std::size_t> drops_after;  // dwords read until ready vanishes
    std::optional<std::size_t> error_after;  // dwords read until the error bit is set
    bool gone = false;                       // reads as all ones
    bool abort_heals = true;
    std::size_t aborts = 0, goes = 0, statuses = 0, writes = 0;
    Bytes last_object;

    Result<std::uint32_t> read(std::size_t offset) override {
        if (gone) return 0xffff'ffffU;
        if (offset == at + 0x0c) return status();
        if (offset == at + 0x14) return is_ready() && read_ < out_.size() ? dword_at(out_, read_) : 0U;
        return FakeSpace::read(offset);
    }

    Result<void> write(std::size_t offset, std::uint32_t value) override {
        ++writes;
        if (offset == at + 0x10) append_dword(in_, value);
        if (offset == at + 0x14 && is_ready()) read_ += 4;
        if (offset == at + 0x08 && (value & 1U) != 0) abort();
        if (offset == at + 0x08 && (value & 1U << 31U) != 0) go();
        return {};
    }

private:
    bool aborting() const { return now < abort_done_; }
    bool is_ready() const {
        return !aborting() && now >= ready_at_ && read_ < out_.size() &&
               !(drops_after && read_ / 4 >= *drops_after);
    }
    std::uint32_t status() {
        ++statuses;
        std::uint32_t flags = stuck | state;
        if (aborting()) return flags | busy | error;
        if (is_ready()) flags |= ready;
        if (error_after && goes > 0 && read_ / 4 >= *error_after) flags |= error;
        return flags;
    }
    void abort() {
        ++aborts;
        in_.clear();
        out_.clear();
        read_ = 0;
        abort_done_ = now + abort_takes;
        if (abort_heals) state = 0;
    }
    void go() {
        ++goes;
        last_object = std::exchange(in_, {});
        out_ = answer(last_object);
        read_ = 0;
        ready_at_ = now + latency;
        state |= state_on_go;
    }

    Bytes in_, out_;
    std::size_t read_ = 0;
    Time ready_at_{}, abort_done_{};
};

}  // namespace busguard::transport
