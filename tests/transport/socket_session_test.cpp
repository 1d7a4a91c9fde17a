#include "transport/socket_session.h"

#include "tests/transport/hex.h"
#include "transport/storage.h"

#include <gtest/gtest.h>

namespace busguard::transport {
namespace {

using namespace std::chrono_literals;
using Then = SocketSession::Then;

// A device that answers 10840000 by 100400000100, and is silent to everything else.
SocketAnswer device(ByteView message) {
    if (same(message.first(std::min<std::size_t>(message.size(), 4)), bytes("10840000")))
        return {bytes("100400000100")};
    return {};
}

// What the session writes for a stream, and how it ends.
struct Said {
    std::string hex;
    Then then = Then::go_on;
};
Said say(SocketSession& session, ByteView stream) {
    session.feed(stream);
    Said said;
    while (said.then == Then::go_on) {
        const auto step = session.next(0s);
        if (!step) break;
        said.hex += to_hex(step->bytes);
        said.then = step->then;
    }
    return said;
}
Said say(SocketRules rules, std::string_view hex) {
    SocketSession session{std::move(rules), device};
    return say(session, bytes(hex));
}

constexpr SocketMode qemu = SocketMode::qemu;

TEST(SocketSession, AnswersInEachTransport) {
    EXPECT_EQ(say({.transport = SocketTransport::mctp}, "00000001 00000001 00000005 0510840000").hex,
              "00000001000000010000000705100400000100");
    EXPECT_EQ(say({.transport = SocketTransport::none}, "00000001 00000000 00000004 10840000").hex,
              "000000010000000000000006100400000100");
    const auto* doe = "00000001 00000002 0000000c 0100010003000000 10840000";
    const auto* doe_answer = "00000001000000020000001001000100040000001004000001000000";
    EXPECT_EQ(say({.transport = SocketTransport::pci_doe}, doe).hex, doe_answer);
    EXPECT_EQ(say({.mode = qemu}, doe).hex, doe_answer);
}

TEST(SocketSession, AnswersHelloContinueAndShutdownAsSpdmEmuDoes) {
    SocketSession session{{}, device};
    EXPECT_EQ(
        say(session,
            encode_frame({SocketCommand::test, SocketTransport::mctp, to_bytes(as_bytes(client_hello))}))
            .hex,
        to_hex(encode_frame({SocketCommand::test, SocketTransport::mctp, to_bytes(as_bytes(server_hello))})));
    auto end = say(session, encode_frame({SocketCommand::resume, SocketTransport::mctp, {}}));
    EXPECT_EQ(end.hex, "0000fffd0000000100000000");
    EXPECT_EQ(end.then, Then::close);
    end = say({}, "0000fffe 00000001 00000000");
    EXPECT_EQ(end.hex, "0000fffe0000000100000000");
    EXPECT_EQ(end.then, Then::stop);
}

TEST(SocketSession, AnswersDoeDiscovery) {
    SocketSession session{{.transport = SocketTransport::pci_doe}, device};
    EXPECT_EQ(say(session, bytes("00000001 00000002 0000000c 0100000003000000 00000000")).hex,
              "00000001000000020000000c010000000300000001000001");
    EXPECT_EQ(say(session, bytes("00000001 00000002 0000000c 0100000003000000 01000000")).hex,
              "00000001000000020000000c010000000300000001000100");
    EXPECT_EQ(say(session, bytes("00000001 00000002 00000008 0100000002000000")).then, Then::close);
}

TEST(SocketSession, ThinksAsLongAsTheDeviceDoes) {
    SocketSession session{{.transport = SocketTransport::none},
                          [](ByteView) { return SocketAnswer{Bytes(4), 250ms}; }};
    session.feed(bytes("00000001 00000000 00000001 00"));
    EXPECT_EQ(session.next(1s)->due, 1250ms);
}

TEST(SocketSession, StaysSilentWhenTheDeviceDoes) {
    const auto said =
        say({.transport = SocketTransport::none}, "00000001 00000000 00000001 77 0000fffd 00000000 00000000");
    EXPECT_EQ(said.hex, "0000fffd0000000000000000");
}

// defects.md D132: lengths of 0 and beyond the buffer, another transport, an unknown command.
TEST(D132Session, EndsTheConnectionOverWhatIsMalformed) {
    for (const auto* stream : {
             "00000001 00000001 00000000",             // no message at all
             "00000001 00000001 ffffffff",             // too long
             "00000001 00000002 00000005 0510840000",  // another transport
             "00000001 00000001 00000005 0610840000",  // a secured message
             "0000dead 00000003 00000000",
         }) {
        const auto said = say({}, stream);
        EXPECT_EQ(said.hex, "") << stream;
        EXPECT_EQ(said.then, Then::close) << stream;
    }
    EXPECT_EQ(say({.mode = qemu, .largest_payload = qemu_largest_payload}, "00000001 00000002 00001201").then,
              Then::close);
    EXPECT_EQ(say({.mode = qemu}, "00000001 00000003 00000004 10840000").then, Then::close);  // SCSI
}

TEST(D132Session, AnswersAnUnknownCommandAndEnds) {
    for (const auto* command : {"00000002", "00000004", "00008001", "0000ffff", "12345678"}) {
        const auto said = say({}, std::string{command} + "0000000100000000");
        EXPECT_EQ(said.hex, "0000ffff0000000100000000") << command;
        EXPECT_EQ(said.then, Then::close) << command;
    }
}

TEST(D132Session, WaitsForTheRestOfAHeader) {
    SocketSession session{{}, device};
    session.feed(bytes("00000001 00000001 000000"));
    EXPECT_FALSE(session.next(0s));
}

// Captured from QEMU's NVMe device: command 2 with e8 1400 04000000 and the message, then command 3.
TEST(StorageSession, GivesTheAnswerWhenItIsFetched) {
    SocketSession session{{.mode = qemu}, device};
    EXPECT_EQ(say(session, bytes("00000002 00000004 0000000b e8140004000000 10840000")).hex,
              "0000000400000004000000020000");
    EXPECT_EQ(say(session, bytes("00000003 00000004 00000007 e8080000020000")).hex,
              "0000000400000004000000020000"
              "00000001000000040000000c"
              "0c0000100100000006000000");
    EXPECT_EQ(say(session, bytes("00000003 00000004 00000007 e8140000020000")).hex,
              "0000000400000004000000020000"
              "000000010000000400000006"
              "100400000100");
    EXPECT_EQ(say(session, bytes("00000003 00000004 00000007 e8140000020000")).hex,
              "000000040000000400000002400c");
    EXPECT_EQ(say(session, bytes("00000003 00000004 00000007 e8080000020000")).hex,
              "0000000400000004000000020000"
              "00000001000000040000000c"
              "0c0000100000000000000000");
}

TEST(StorageSession, TellsWhatItCanDoAndNotMoreThanThereIsRoomFor) {
    SocketSession session{{.mode = qemu}, device};
    EXPECT_EQ(say(session, bytes("00000003 00000004 00000007 e8040000020000")).hex,
              "0000000400000004000000020000"
              "000000010000000400000020" +
                  to_hex(storage_discovery()));
    EXPECT_EQ(storage_discovery().size(), 32U);
    EXPECT_EQ(say(session, bytes("00000003 00000004 00000007 e8040002000000")).hex,
              "0000000400000004000000020000"
              "000000010000000400000002"
              "2000");
}

TEST(StorageSession, RefusesWhatIsMalformed) {
    for (const auto* stream : {
             "00000002 00000004 00000006 e81400040000",             // no whole header
             "00000002 00000004 0000000b 00140004000000 10840000",  // another security protocol
             "00000002 00000004 0000000b e8140005000000 10840000",  // another length
             "00000002 00000004 0000000b e8140104000000 10840000",  // SPSP1
             "00000002 00000004 0000000b e8180004000000 10840000",  // a secured message
             "00000003 00000004 00000000",
             "00000003 00000004 00000007 e8fc0000020000",
         })
        EXPECT_EQ(say({.mode = qemu}, stream).hex,
                  "000000040000000400000002"
                  "4002")
            << stream;
}

}  // namespace
}  // namespace busguard::transport
