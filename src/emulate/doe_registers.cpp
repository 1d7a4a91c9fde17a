#include "emulate/doe_registers.h"

#include <algorithm>
#include <array>

namespace busguard::emulate {
namespace {

constexpr std::uint16_t control_register = 0x08;
constexpr std::uint16_t status_register = 0x0c;
constexpr std::uint16_t write_data_mailbox = 0x10;
constexpr std::uint16_t read_data_mailbox = 0x14;

constexpr std::uint32_t control_abort = 1U << 0;
constexpr std::uint32_t control_go = 1U << 31;
constexpr std::uint32_t status_busy = 1U << 0;
constexpr std::uint32_t status_error = 1U << 2;
constexpr std::uint32_t status_ready = 1U << 31;

constexpr std::size_t header_dwords = 2;
constexpr std::uint32_t most_dwords = 1U << 18;  // 6.30.1: Length, 18 bits, 0 = 2^18
constexpr std::uint32_t length_mask = most_dwords - 1;

std::uint32_t header_of(transport::DoeProtocol kind) {
    return std::uint32_t{kind.vendor} | std::uint32_t{kind.type} << 16;
}

transport::DoeProtocol kind_of(std::uint32_t header) {
    return {static_cast<std::uint16_t>(header & 0xffff), static_cast<std::uint8_t>(header >> 16 & 0xff)};
}

std::size_t announced(std::uint32_t length) {
    const auto dwords = length & length_mask;
    return dwords == 0 ? most_dwords : dwords;
}

Bytes bytes_of(std::span<const std::uint32_t> dwords) {
    Bytes bytes;
    bytes.reserve(dwords.size() * 4);
    for (auto dword : dwords)
        for (int shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<std::byte>(dword >> shift & 0xff));
    return bytes;
}

}  // namespace

DoeRegisters::DoeRegisters(MailboxDescription description, Clock& clock, Endpoint* endpoint)
    : description_{std::move(description)},
      clock_{&clock},
      endpoint_{endpoint},
      noise_{static_cast<std::minstd_rand::result_type>(description_.seed)} {}

std::uint32_t DoeRegisters::read(std::uint16_t offset) {
    switch (offset) {
        case status_register: return status();
        case read_data_mailbox: return is_ready() && next_ < outgoing_.size() ? outgoing_[next_] : 0;
        default: return 0;  // no interrupt support; control and the write mailbox read as zero
    }
}

void DoeRegisters::write(std::uint16_t offset, std::uint32_t value) {
    switch (offset) {
        case control_register:
            if ((value & control_abort) != 0)
                abort();
            else if ((value & control_go) != 0)
                go();
            break;
        case write_data_mailbox: accept(value); break;
        case read_data_mailbox: acknowledge(); break;
        default: break;
    }
}

bool DoeRegisters::is_ready() const { return next_ < outgoing_.size() && clock_->now() >= ready_at_; }
bool DoeRegisters::is_working() const { return next_ < outgoing_.size() && clock_->now() < ready_at_; }

std::uint32_t DoeRegisters::status() const {
    auto bits = description_.stray_status_bits;
    if (description_.fault == MailboxFault::busy || is_working()) bits |= status_busy;
    if (error_) bits |= status_error;
    if (is_ready() && !error_) bits |= status_ready;
    return bits;
}

void DoeRegisters::abort() {
    incoming_.clear();
    outgoing_.clear();
    next_ = 0;
    error_ = endless_ = false;
}

void DoeRegisters::accept(std::uint32_t dword) {
    if (error_ || description_.fault == MailboxFault::busy) return;
    if (is_working() || incoming_.size() == most_dwords)
        error_ = true;  // overflow
    else
        incoming_.push_back(dword);
}

void DoeRegisters::acknowledge() {
    if (error_) return;
    if (!is_ready()) {
        error_ = true;  // underflow
        return;
    }
    if (endless_)
        outgoing_[next_] = static_cast<std::uint32_t>(noise_());
    else
        ++next_;
}

void DoeRegisters::go() {
    if (error_ || description_.fault == MailboxFault::busy) return;
    const auto object = std::exchange(incoming_, {});
    // A second object before the first answer was read, or one whose length is not what was written.
    if (next_ < outgoing_.size() || object.size() < header_dwords || object.size() != announced(object[1]) ||
        description_.fault == MailboxFault::error) {
        error_ = true;
        return;
    }
    outgoing_.clear();
    next_ = 0;
    if (description_.fault == MailboxFault::silent) return;

    const auto kind = kind_of(object[0]);
    const auto payload = std::span{object}.subspan(header_dwords);
    if (std::ranges::find(description_.features, kind) == description_.features.end()) return;
    if (kind == transport::doe_discovery) {
        const auto answer = transport::answer_discovery(bytes_of(payload), description_.features);
        if (answer)
            send(kind, *answer, Time{});
        else
            error_ = true;
    } else if (description_.fault == MailboxFault::babble) {
        babble();
    } else if (kind == transport::doe_spdm && endpoint_ != nullptr) {
        const auto answer = endpoint_->answer(bytes_of(payload));
        if (!answer.empty()) send(kind, answer, description_.latency);
    }
}

void DoeRegisters::send(transport::DoeProtocol kind, ByteView payload, Time latency) {
    const auto dwords = header_dwords + ((payload.size() + 3) / 4);
    if (dwords > most_dwords) {
        error_ = true;
        return;
    }
    outgoing_.assign(dwords, 0);
    outgoing_[0] = header_of(kind);
    outgoing_[1] = static_cast<std::uint32_t>(dwords) & length_mask;
    for (std::size_t i = 0; i < payload.size(); ++i)
        outgoing_[header_dwords + (i / 4)] |= std::to_integer<std::uint32_t>(payload[i]) << 8 * (i % 4);
    ready_at_ = clock_->now() + latency;
}

void DoeRegisters::babble() {
    Bytes noise(4 + (noise_() % 256));
    std::ranges::generate(noise, [this] { return static_cast<std::byte>(noise_() >> 8); });
    send(transport::doe_spdm, noise, description_.latency);
    switch (noise_() % 4) {
        case 0: break;  // the right type around plain noise
        case 1: outgoing_[0] = static_cast<std::uint32_t>(noise_()); break;  // some other type
        case 2: outgoing_[1] += 64; break;                                   // announces more than it has
        default:  // announces the most, and never ends
            outgoing_[1] = 0;
            endless_ = true;
    }
}

}  // namespace busguard::emulate
