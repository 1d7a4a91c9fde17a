#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>

/// SPDM over TCP (DSP0287 1.0): a header of four bytes, then the SPDM message. Port 4194.
namespace busguard::transport {

inline constexpr std::uint16_t tcp_port = 4194;
inline constexpr std::size_t tcp_header_size = 4;       ///< bytes
inline constexpr std::size_t tcp_largest = 0xffff - 2;  ///< bytes of message

/// Numbers of the wire; unknown ones survive decoding.
enum class TcpType : std::uint8_t {
    out_of_session = 0x05,
    in_session = 0x06,
    role_inquiry = 0xbf,
    too_large = 0xc0,  ///< errors from here on, without a message
    not_supported = 0xc1,
    cannot_be_requester = 0xc2,
    cannot_be_responder = 0xc3,
};

struct TcpHeader {
    TcpType type{};
    std::size_t content = 0;  ///< bytes of message that follow

    friend bool operator==(const TcpHeader&, const TcpHeader&) = default;
};

/// Header and message. Error: too_large.
Result<Bytes> tcp_message(ByteView content, TcpType type = TcpType::out_of_session);

/// Reads the header at the start of `bytes`. Errors: truncated; bad_field "PayloadLength" (below 2, or a
/// message behind a type that has none), "BindingVersion" (not 1); too_large for more than `largest` bytes.
Result<TcpHeader> tcp_header(ByteView bytes, std::size_t largest = tcp_largest);

/// The message of a whole TCP message of type out_of_session: a view into `bytes`. Errors: those of
/// tcp_header(); truncated and trailing_bytes "PayloadLength"; peer_error with the type for DSP0287's
/// errors; unexpected for other types.
Result<ByteView> tcp_content(ByteView bytes, std::size_t largest = tcp_largest);

}  // namespace busguard::transport
