#include "transport/doe_mailbox.h"

#include "transport/little_endian.h"

#include <algorithm>
#include <utility>

namespace busguard::transport {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// PCIe 7.9.24, from the capability's header on.
constexpr std::size_t control_register = 0x08;
constexpr std::size_t status_register = 0x0c;
constexpr std::size_t write_mailbox = 0x10;
constexpr std::size_t read_mailbox = 0x14;

constexpr std::uint32_t control_abort = 1U << 0U;
constexpr std::uint32_t control_go = 1U << 31U;

// Real devices set bits that the specification leaves undefined: only these are looked at.
constexpr std::uint32_t status_busy = 1U << 0U;
constexpr std::uint32_t status_error = 1U << 2U;
constexpr std::uint32_t status_ready = 1U << 31U;
constexpr std::uint32_t nobody = 0xffff'ffff;

constexpr std::size_t burst = 1024;  // bytes through a mailbox register before others have their turn

// Asking more often than every eighth of the time so far gains little, and hundreds of mailboxes share a
// thread.
constexpr int patience_share = 8;
constexpr Time shortest_pause = microseconds{200};
constexpr Time longest_pause = milliseconds{10};

}  // namespace

Mailbox::Mailbox(ConfigSpace& space, DoeCapability where, std::size_t largest)
    : space_{&space}, at_{where.offset}, largest_{std::min(largest, doe_largest_object - doe_header_size)} {}

Result<void> Mailbox::begin(DoeProtocol protocol, ByteView payload, Time now, Time patience) {
    if (stage_ == Stage::dead) return fail(Errc::transport, "DOE Abort");
    if (stage_ != Stage::idle) return fail(Errc::unexpected, "data object");
    if (payload.size() > largest_) return fail(Errc::too_large, "Length");
    object_ = TRY(encode_object(protocol, payload));
    protocol_ = protocol;
    patience_ = std::clamp(patience, time_limit, longest_patience);
    moved_ = 0;
    enter(Stage::settling, now, time_limit);
    return {};
}

Result<Mailbox::Progress> Mailbox::poll(Time now) {
    if (stage_ == Stage::dead) return fail(Errc::transport, "DOE Abort");
    if (stage_ == Stage::idle) return fail(Errc::unexpected, "data object");
    auto progress = carry(now);
    if (!progress && stage_ != Stage::dead) {
        // The next exchange looks whether this helped; here it can only be tried.
        if (progress.error().code != Errc::disconnected)
            static_cast<void>(space_->write(at_ + control_register, control_abort));
        stage_ = Stage::idle;
    }
    return progress;
}

// As far as it goes without waiting: an emulated mailbox has its answer at once.
Result<Mailbox::Progress> Mailbox::carry(Time now) {
    if (stage_ == Stage::settling || stage_ == Stage::aborting) {
        if (!TRY(settled(now))) return later(now);
        enter(Stage::sending, now, Time::max() - now);
    }
    if (stage_ == Stage::sending) {
        if (!TRY(sent())) return Waiting{now};
        enter(Stage::answering, now, patience_);
    }
    if (stage_ == Stage::answering) {
        if (!TRY(answer_ready(now))) return later(now);
        enter(Stage::receiving, now, Time::max() - now);
    }
    if (!TRY(received())) return Waiting{now};
    stage_ = Stage::idle;
    return DataObject{protocol_, std::move(object_)};
}

Result<bool> Mailbox::settled(Time now) {
    const auto flags = TRY(status());
    if ((flags & (status_busy | status_error | status_ready)) == 0) return true;
    if (stage_ == Stage::aborting) {
        if (now < deadline_) return false;
        stage_ = Stage::dead;
        return fail(Errc::transport, "DOE Abort");
    }
    const bool only_busy = (flags & status_busy) != 0 && (flags & status_error) == 0;
    if (only_busy && now < deadline_) return false;
    TRY(space_->write(at_ + control_register, control_abort));
    enter(Stage::aborting, now, time_limit);
    return settled(now);
}

Result<bool> Mailbox::sent() {
    const auto end = std::min(object_.size(), moved_ + burst);
    for (; moved_ < end; moved_ += 4) TRY(space_->write(at_ + write_mailbox, dword_at(object_, moved_)));
    if (moved_ < object_.size()) return false;
    TRY(space_->write(at_ + control_register, control_go));
    object_.clear();
    moved_ = 0;
    size_ = doe_header_size;
    return true;
}

Result<bool> Mailbox::answer_ready(Time now) {
    const auto flags = TRY(status());
    if ((flags & status_error) != 0) return fail(Errc::transport, "DOE Error");
    if ((flags & status_ready) != 0) return true;
    if (now >= deadline_) return fail(Errc::timeout, "Data Object Ready");
    return false;
}

Result<bool> Mailbox::received() {
    for (std::size_t left = burst; moved_ < size_ && left > 0; left -= 4) {
        const auto dword = TRY(space_->read(at_ + read_mailbox));
        if (moved_ < doe_header_size) {
            TRY(take_header(dword));
        } else {
            append_dword(object_, dword);
        }
        moved_ += 4;
        // The last acknowledgement clears the bit; if it is clear before, the object was not there to read.
        if (moved_ == size_ && (TRY(status()) & status_ready) == 0)
            return fail(Errc::transport, "Data Object Ready", moved_);
        TRY(space_->write(at_ + read_mailbox, 0));
    }
    if (moved_ < size_) return false;
    if ((TRY(status()) & status_error) != 0) return fail(Errc::transport, "DOE Error", moved_);
    return true;
}

// What the answer says it is must be what was asked for, and must fit.
Result<void> Mailbox::take_header(std::uint32_t dword) {
    if (moved_ == 0) {
        if ((dword & 0xffffU) != protocol_.vendor) return fail(Errc::mismatch, "Vendor ID");
        if ((dword >> 16U & 0xffU) != protocol_.type) return fail(Errc::mismatch, "Data Object Type", 2);
        return {};
    }
    size_ = TRY(object_size(dword));
    if (size_ > doe_header_size + (largest_ + 3) / 4 * 4) return fail(Errc::too_large, "Length", 4);
    return {};
}

Result<std::uint32_t> Mailbox::status() {
    const auto flags = TRY(space_->read(at_ + status_register));
    if (flags == nobody) return fail(Errc::disconnected, "DOE Status");
    return flags;
}

void Mailbox::enter(Stage stage, Time now, Time limit) {
    stage_ = stage;
    since_ = now;
    deadline_ = now + limit;
}

Mailbox::Waiting Mailbox::later(Time now) const {
    const auto pause = std::clamp((now - since_) / patience_share, shortest_pause, longest_pause);
    return {.until = std::min(now + pause, deadline_)};
}

}  // namespace busguard::transport
