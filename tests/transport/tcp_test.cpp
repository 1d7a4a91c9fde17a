#include "transport/tcp.h"

#include "base/hex.h"

#include <gtest/gtest.h>

namespace busguard::transport {
namespace {

Bytes bytes(std::string_view hex) { return *from_hex(hex); }

TEST(Tcp, CountsWhatFollowsTheLength) {
    EXPECT_EQ(to_hex(*tcp_message(bytes("10840000"))), "0600010510840000");
    EXPECT_EQ(to_hex(*tcp_content(bytes("0600010510840000"))), "10840000");
    EXPECT_EQ(to_hex(*tcp_message({}, TcpType::role_inquiry)), "020001bf");
    EXPECT_EQ(tcp_message(Bytes(tcp_largest + 1)).error().code, Errc::too_large);
    EXPECT_EQ(tcp_content(*tcp_message(Bytes(tcp_largest)))->size(), tcp_largest);
}

// defects.md D133
TEST(D133Tcp, RefusesLengthsThatCannotBe) {
    EXPECT_EQ(tcp_header(bytes("00000105")).error(), (Error{Errc::bad_field, "PayloadLength"}));
    EXPECT_EQ(tcp_header(bytes("01000105")).error(), (Error{Errc::bad_field, "PayloadLength"}));
    EXPECT_EQ(tcp_header(bytes("ffff0105"), 0x1200).error(), (Error{Errc::too_large, "PayloadLength"}));
    EXPECT_EQ(tcp_header(bytes("020001")).error().code, Errc::truncated);
    EXPECT_EQ(tcp_content(bytes("0600010510840000aa")).error().code, Errc::trailing_bytes);
    EXPECT_EQ(tcp_content(bytes("06000105108400")).error().code, Errc::truncated);
}

TEST(D133Tcp, RefusesAnUnknownBindingVersion) {
    EXPECT_EQ(tcp_header(bytes("06000205")).error(), (Error{Errc::bad_field, "BindingVersion", 2}));
    EXPECT_EQ(tcp_header(bytes("06000005")).error(), (Error{Errc::bad_field, "BindingVersion", 2}));
}

TEST(D133Tcp, TellsTheRoleInquiryAndErrorsFromMessages) {
    for (std::uint32_t type : {0xc0U, 0xc1U, 0xc2U, 0xc3U}) {
        Bytes error = bytes("02000100");
        error[3] = static_cast<std::byte>(type);
        EXPECT_EQ(tcp_content(error).error(), (Error{Errc::peer_error, "MessageType", 3, type}));
        error[0] = std::byte{3};  // an error has no message
        EXPECT_EQ(tcp_header(error).error(), (Error{Errc::bad_field, "PayloadLength"}));
    }
    EXPECT_EQ(*tcp_header(bytes("020001bf")), (TcpHeader{TcpType::role_inquiry, 0}));
    for (const auto* type : {"020001bf", "0200010600", "02000177", "020001c4"})
        EXPECT_EQ(tcp_content(bytes(type)).error().code, Errc::unexpected) << type;
}

}  // namespace
}  // namespace busguard::transport
