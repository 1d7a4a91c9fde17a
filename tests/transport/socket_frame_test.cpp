#include "transport/socket_frame.h"

#include "tests/transport/hex.h"

#include <gtest/gtest.h>

namespace busguard::transport {
namespace {

// Seen between spdm-emu's programs.
constexpr std::string_view emu_request = "00000001 00000001 00000005 05 10840000";
constexpr std::string_view emu_answer =
    "00000001 00000001 00000011 05 10040000 0005 0010 0011 0012 0013 0014";
// Seen from QEMU 11.1.
constexpr std::string_view qemu_request = "00000001 00000002 0000000c 01000100 03000000 10840000";

TEST(SocketFrame, HasTheBytesOfSpdmEmuAndQemu) {
    const auto message = bytes("10840000");
    EXPECT_EQ(
        encode_frame({SocketCommand::normal, SocketTransport::mctp, *wrap(SocketTransport::mctp, message)}),
        bytes(emu_request));
    EXPECT_EQ(encode_frame({SocketCommand::normal, SocketTransport::pci_doe,
                            *wrap(SocketTransport::pci_doe, message)}),
              bytes(qemu_request));
}

TEST(FrameReader, CutsAStreamThatComesByteByByte) {
    FrameReader reader;
    auto stream = bytes(emu_request);
    append(stream, bytes(emu_answer));
    std::vector<SocketFrame> frames;
    for (std::size_t at = 0; at < stream.size(); ++at) {
        reader.feed(ByteView{stream}.subspan(at, 1));
        auto frame = reader.next();
        ASSERT_TRUE(frame);
        if (*frame) frames.push_back(**frame);
        EXPECT_EQ(reader.amid(), at != 16 && at != stream.size() - 1);
    }
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0], (SocketFrame{SocketCommand::normal, SocketTransport::mctp, bytes("0510840000")}));
    EXPECT_EQ(to_hex(*unwrap(SocketTransport::mctp, frames[1].payload)), "10040000000500100011001200130014");
}

TEST(FrameReader, CutsSeveralFramesThatComeAtOnce) {
    FrameReader reader;
    auto stream = bytes(emu_request);
    append(stream, encode_frame({SocketCommand::shutdown, SocketTransport::mctp, {}}));
    append(stream, bytes("0000"));
    reader.feed(stream);
    EXPECT_EQ((*reader.next())->command, SocketCommand::normal);
    EXPECT_EQ(**reader.next(), (SocketFrame{SocketCommand::shutdown, SocketTransport::mctp, {}}));
    EXPECT_FALSE(*reader.next());
    EXPECT_TRUE(reader.amid());
}

// defects.md D132: payload length beyond the buffer; the frame is refused before its payload comes.
TEST(D132FrameLength, IsBoundedBeforeThePayloadComes) {
    FrameReader qemu{qemu_largest_payload};
    qemu.feed(bytes("00000001 00000002 00001201"));
    EXPECT_EQ(qemu.next().error(), (Error{Errc::too_large, "payload length", 8, 0x1201}));
    EXPECT_FALSE(qemu.next());
    FrameReader reader;
    reader.feed(bytes("00000001 00000002 ffffffff"));
    EXPECT_EQ(reader.next().error().code, Errc::too_large);
    FrameReader largest{4};
    largest.feed(bytes("00000001 00000002 00000004 aabbccdd"));
    EXPECT_TRUE(*largest.next());
}

TEST(D132FrameLength, MayBeZero) {
    FrameReader reader;
    reader.feed(bytes("00000001 00000001 00000000"));
    const auto frame = reader.next();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ(unwrap(SocketTransport::mctp, (*frame)->payload).error(),
              (Error{Errc::truncated, "MCTP message type"}));
    EXPECT_EQ(unwrap(SocketTransport::pci_doe, {}).error(), (Error{Errc::truncated, "Data Object Header"}));
}

TEST(Wrap, GoesThereAndBackForEachTransport) {
    const auto message = bytes("1004000000");
    for (auto transport : {SocketTransport::none, SocketTransport::mctp, SocketTransport::tcp})
        EXPECT_EQ(*unwrap(transport, *wrap(transport, message)), message) << name(transport);
    EXPECT_EQ(*unwrap(SocketTransport::pci_doe, *wrap(SocketTransport::pci_doe, message)),
              bytes("1004000000000000"));
    EXPECT_EQ(wrap(SocketTransport::nvme, message).error().code, Errc::unsupported);
    EXPECT_EQ(unwrap(static_cast<SocketTransport>(77), message).error().code, Errc::unsupported);
}

TEST(Wrap, RefusesWhatIsNotAnSpdmMessage) {
    EXPECT_EQ(unwrap(SocketTransport::mctp, bytes("0610840000")).error(),
              (Error{Errc::mismatch, "MCTP message type", 0, 6}));
    EXPECT_EQ(unwrap(SocketTransport::mctp, bytes("8510840000")).error(), (Error{Errc::bad_field, "IC"}));
    EXPECT_EQ(unwrap(SocketTransport::pci_doe, bytes("010002000300000010840000")).error().code,
              Errc::mismatch);
    EXPECT_EQ(unwrap(SocketTransport::pci_doe, bytes("01000100020000 0010840000")).error(),
              (Error{Errc::trailing_bytes, "Length", 4}));
}

}  // namespace
}  // namespace busguard::transport
