#include "transport/socket_session.h"

#include "transport/storage.h"

#include <utility>

namespace busguard::transport {
namespace {

using Step = SocketSession::Step;
using Then = SocketSession::Then;

// NVMe status codes (NVM Express Base 2.0, figure 102), as QEMU hands them on to the guest.
constexpr std::uint16_t nvme_success = 0x0000;
constexpr std::uint16_t nvme_invalid_field = 0x4002;   // with Do Not Retry
constexpr std::uint16_t nvme_sequence_error = 0x400c;  // likewise

Bytes reply(const SocketFrame& to, Bytes payload) {
    return encode_frame({to.command, to.transport, std::move(payload)});
}

Bytes status(const SocketFrame& to, std::uint16_t code) {
    return encode_frame({SocketCommand::storage_status, to.transport,
                         Bytes{static_cast<std::byte>(code >> 8U), static_cast<std::byte>(code & 0xffU)}});
}

// Status and data, for one write.
Bytes status_and_data(const SocketFrame& to, ByteView data, std::size_t room) {
    auto bytes = status(to, nvme_success);
    append(bytes, encode_frame({SocketCommand::normal, to.transport,
                                to_bytes(data.first(std::min(data.size(), room)))}));
    return bytes;
}

}  // namespace

std::optional<Step> SocketSession::next(Time now) {
    while (true) {
        auto frame = reader_.next();
        if (!frame) return Step{.then = Then::close};
        if (!*frame) return std::nullopt;
        if (auto due = step(**frame, now)) return due;
    }
}

std::optional<Step> SocketSession::step(const SocketFrame& frame, Time now) {
    if (!speaks(frame.transport)) return Step{.then = Then::close};
    const bool nvme = rules_.mode == SocketMode::qemu && frame.transport == SocketTransport::nvme;
    switch (frame.command) {
        case SocketCommand::test: return Step{reply(frame, to_bytes(as_bytes(server_hello)))};
        case SocketCommand::resume: return Step{.bytes = reply(frame, {}), .then = Then::close};
        case SocketCommand::shutdown: return Step{.bytes = reply(frame, {}), .then = Then::stop};
        case SocketCommand::normal:
            if (!nvme) return answer(frame, now);
            break;
        case SocketCommand::storage_send:
            if (nvme) return storage_send(frame, now);
            break;
        case SocketCommand::storage_receive:
            if (nvme) return storage_receive(frame, now);
            break;
        case SocketCommand::storage_status:
        case SocketCommand::unknown: break;
    }
    return Step{.bytes = encode_frame({SocketCommand::unknown, frame.transport, {}}), .then = Then::close};
}

std::optional<Step> SocketSession::answer(const SocketFrame& frame, Time now) {
    if (frame.transport == SocketTransport::pci_doe) {
        const auto object = decode_object(frame.payload);
        if (object && object->protocol == doe_discovery) {
            const auto entry = answer_discovery(object->payload, rules_.doe_protocols);
            if (!entry) return Step{.then = Then::close};
            return Step{reply(frame, *encode_object(doe_discovery, *entry))};
        }
    }
    const auto message = unwrap(frame.transport, frame.payload);
    if (!message) return Step{.then = Then::close};
    const auto made = handler_(*message);
    if (!made.message) return std::nullopt;
    auto payload = wrap(frame.transport, *made.message);
    if (!payload) return Step{.then = Then::close};
    return Step{.bytes = reply(frame, *std::move(payload)), .due = now + made.delay};
}

std::optional<Step> SocketSession::storage_send(const SocketFrame& frame, Time now) {
    const auto command = storage_command(frame.payload);
    if (!command || command->protocol != storage_spdm || command->operation != StorageOperation::message ||
        command->length != frame.payload.size() - storage_header_size)
        return Step{status(frame, nvme_invalid_field)};
    auto made = handler_(ByteView{frame.payload}.subspan(storage_header_size));
    silent_ = !made.message;
    held_ = std::move(made.message);
    held_due_ = now + made.delay;
    return Step{status(frame, nvme_success)};
}

std::optional<Step> SocketSession::storage_receive(const SocketFrame& frame, Time now) {
    const auto command = storage_command(frame.payload);
    if (!command || command->protocol != storage_spdm) return Step{status(frame, nvme_invalid_field)};
    const std::size_t room = command->length;
    switch (command->operation) {
        case StorageOperation::discovery: return Step{status_and_data(frame, storage_discovery(), room)};
        case StorageOperation::pending_info: {
            const bool there = held_ && held_due_ <= now;
            const auto size = there ? static_cast<std::uint32_t>(held_->size()) : 0U;
            return Step{status_and_data(frame, storage_pending_info(size), room)};
        }
        case StorageOperation::message: {
            if (silent_) return std::nullopt;
            const auto data = std::exchange(held_, std::nullopt);
            if (!data) return Step{status(frame, nvme_sequence_error)};
            return Step{.bytes = status_and_data(frame, *data, room), .due = held_due_};
        }
        case StorageOperation::secured_message: break;
    }
    return Step{status(frame, nvme_invalid_field)};
}

bool SocketSession::speaks(SocketTransport transport) const {
    if (rules_.mode == SocketMode::spdm_emu) return transport == rules_.transport;
    return transport == SocketTransport::pci_doe || transport == SocketTransport::nvme ||
           transport == SocketTransport::mctp;
}

}  // namespace busguard::transport
