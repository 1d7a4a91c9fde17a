#include "transport/mctp.h"

namespace busguard::transport {

Bytes mctp_message(ByteView content, std::uint8_t type) {
    Bytes message;
    message.reserve(1 + content.size());
    message.push_back(std::byte{type});
    append(message, content);
    return message;
}

Result<ByteView> mctp_content(ByteView message, std::uint8_t type) {
    constexpr std::uint8_t integrity_check = 0x80;
    if (message.empty()) return fail(Errc::truncated, "MCTP message type");
    const auto first = std::to_integer<std::uint8_t>(message[0]);
    if ((first & integrity_check) != 0) return fail(Errc::bad_field, "IC");
    if (first != type) return fail(Errc::mismatch, "MCTP message type", 0, first);
    return message.subspan(1);
}

}  // namespace busguard::transport
