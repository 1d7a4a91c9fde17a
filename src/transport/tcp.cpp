#include "transport/tcp.h"

namespace busguard::transport {
namespace {

constexpr std::uint8_t tcp_binding_version = 0x01;
constexpr std::size_t counted_header = 2;  // PayloadLength counts BindingVersion and MessageType

bool is_error(TcpType type) { return type >= TcpType::too_large && type <= TcpType::cannot_be_responder; }

}  // namespace

Result<Bytes> tcp_message(ByteView content, TcpType type) {
    if (content.size() > tcp_largest) return fail(Errc::too_large, "PayloadLength");
    const auto length = content.size() + counted_header;
    Bytes bytes{static_cast<std::byte>(length & 0xffU), static_cast<std::byte>(length >> 8U),
                std::byte{tcp_binding_version}, static_cast<std::byte>(type)};
    append(bytes, content);
    return bytes;
}

Result<TcpHeader> tcp_header(ByteView bytes, std::size_t largest) {
    if (bytes.size() < tcp_header_size) return fail(Errc::truncated, "PayloadLength", bytes.size());
    const auto length = std::to_integer<std::size_t>(bytes[0]) | std::to_integer<std::size_t>(bytes[1]) << 8U;
    if (length < counted_header) return fail(Errc::bad_field, "PayloadLength");
    if (std::to_integer<std::uint8_t>(bytes[2]) != tcp_binding_version)
        return fail(Errc::bad_field, "BindingVersion", 2);
    const TcpHeader header{static_cast<TcpType>(bytes[3]), length - counted_header};
    if ((header.type == TcpType::role_inquiry || is_error(header.type)) && header.content != 0)
        return fail(Errc::bad_field, "PayloadLength");
    if (header.content > largest) return fail(Errc::too_large, "PayloadLength");
    return header;
}

Result<ByteView> tcp_content(ByteView bytes, std::size_t largest) {
    const auto header = TRY(tcp_header(bytes, largest));
    if (is_error(header.type))
        return fail(Errc::peer_error, "MessageType", 3, static_cast<std::uint32_t>(header.type));
    if (header.type != TcpType::out_of_session)
        return fail(Errc::unexpected, "MessageType", 3, static_cast<std::uint32_t>(header.type));
    const auto content = bytes.subspan(tcp_header_size);
    if (content.size() < header.content) return fail(Errc::truncated, "PayloadLength");
    if (content.size() > header.content) return fail(Errc::trailing_bytes, "PayloadLength");
    return content;
}

}  // namespace busguard::transport
