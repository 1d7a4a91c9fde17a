#include "transport/socket_frame.h"

#include "transport/doe.h"
#include "transport/mctp.h"
#include "transport/tcp.h"

namespace busguard::transport {
namespace {

void append_big_endian(Bytes& to, std::uint32_t value) {
    for (unsigned shift = 32; shift > 0; shift -= 8)
        to.push_back(static_cast<std::byte>(value >> (shift - 8) & 0xffU));
}

std::uint32_t big_endian_at(ByteView bytes, std::size_t offset) {
    std::uint32_t value = 0;
    for (const auto byte : bytes.subspan(offset, 4))
        value = value << 8U | std::to_integer<std::uint32_t>(byte);
    return value;
}

Result<Bytes> unwrap_object(ByteView payload) {
    auto object = TRY(decode_object(payload));
    if (object.protocol != doe_spdm) return fail(Errc::mismatch, "Data Object Type", 2, object.protocol.type);
    if (doe_header_size + object.payload.size() != payload.size())
        return fail(Errc::trailing_bytes, "Length", 4);
    return std::move(object.payload);
}

}  // namespace

std::string_view name(SocketTransport transport) {
    switch (transport) {
        case SocketTransport::none: return "none";
        case SocketTransport::mctp: return "mctp";
        case SocketTransport::pci_doe: return "doe";
        case SocketTransport::tcp: return "tcp";
        case SocketTransport::nvme: return "nvme";
        case SocketTransport::ata: return "ata";
    }
    return "unknown";
}

Bytes encode_frame(const SocketFrame& frame) {
    Bytes bytes;
    bytes.reserve(socket_header_size + frame.payload.size());
    append_big_endian(bytes, static_cast<std::uint32_t>(frame.command));
    append_big_endian(bytes, static_cast<std::uint32_t>(frame.transport));
    append_big_endian(bytes, static_cast<std::uint32_t>(frame.payload.size()));
    append(bytes, frame.payload);
    return bytes;
}

Result<std::optional<SocketFrame>> FrameReader::next() {
    if (held_.size() < socket_header_size) return std::nullopt;
    const std::size_t length = big_endian_at(held_, 8);
    if (length > largest_)
        return fail(Errc::too_large, "payload length", 8, static_cast<std::uint32_t>(length));
    if (held_.size() - socket_header_size < length) return std::nullopt;
    SocketFrame frame{static_cast<SocketCommand>(big_endian_at(held_, 0)),
                      static_cast<SocketTransport>(big_endian_at(held_, 4)),
                      to_bytes(ByteView{held_}.subspan(socket_header_size, length))};
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(socket_header_size + length));
    return frame;
}

Result<Bytes> wrap(SocketTransport transport, ByteView message) {
    switch (transport) {
        case SocketTransport::none: return to_bytes(message);
        case SocketTransport::mctp: return mctp_message(message);
        case SocketTransport::pci_doe: return encode_object(doe_spdm, message);
        case SocketTransport::tcp: return tcp_message(message);
        case SocketTransport::nvme:
        case SocketTransport::ata: break;
    }
    return fail(Errc::unsupported, "transport type", 4, static_cast<std::uint32_t>(transport));
}

Result<Bytes> unwrap(SocketTransport transport, ByteView payload) {
    switch (transport) {
        case SocketTransport::none: return to_bytes(payload);
        case SocketTransport::mctp: return to_bytes(TRY(mctp_content(payload)));
        case SocketTransport::pci_doe: return unwrap_object(payload);
        case SocketTransport::tcp: return to_bytes(TRY(tcp_content(payload)));
        case SocketTransport::nvme:
        case SocketTransport::ata: break;
    }
    return fail(Errc::unsupported, "transport type", 4, static_cast<std::uint32_t>(transport));
}

}  // namespace busguard::transport
