#include "host/socket.h"

#include "base/hex.h"
#include "host/clock.h"
#include "host/socket_channel.h"
#include "host/socket_server.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace busguard::host {
namespace {

using namespace std::chrono_literals;
using transport::Channel;
using transport::SocketAnswer;
using transport::SocketCommand;
using transport::SocketTransport;

// A server in a thread of its own, for one test.
class Served {
public:
    Served(SocketServer::Options options, SocketServer::Connected connected) {
        options.port = 0;
        auto listening = SocketServer::listen(std::move(options), std::move(connected));
        EXPECT_TRUE(listening);
        server_ = *std::move(listening);
        thread_ = std::thread{[this] {
            SystemClock clock;
            EXPECT_TRUE(server_->run(clock, stop_));
            ended_ = true;
        }};
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() {
        stop_ = true;
        thread_.join();
    }
    Descriptor connect() const { return *connect_tcp("127.0.0.1", server_->port(), 5s); }
    bool ended() const { return ended_; }

private:
    std::atomic<bool> stop_ = false;
    std::atomic<bool> ended_ = false;
    std::unique_ptr<SocketServer> server_;
    std::thread thread_;
};

// Each connection's device counts its messages: its first answer begins with 1.
SocketServer::Connected counting(Time delay = 0s) {
    return [delay] {
        return [delay, count = 0](ByteView message) mutable {
            Bytes answer{static_cast<std::byte>(++count)};
            append(answer, message);
            return SocketAnswer{answer, delay};
        };
    };
}

Result<Bytes> converse(Channel& channel, ByteView message, Time patience = 5s) {
    SystemClock clock;
    TRY(channel.send(message, clock.now(), patience));
    while (true) {
        auto progress = TRY(channel.poll(clock.now()));
        if (auto* answer = std::get_if<Bytes>(&progress)) return *answer;
        const auto waiting = std::get<Channel::Waiting>(progress);
        const std::array readable{waiting.readable};
        clock.wait(waiting.until, readable);
    }
}

// Everything until the server closes.
Bytes hear(const Descriptor& socket) {
    SystemClock clock;
    const std::array readable{socket.number()};
    Bytes heard;
    for (const auto end = clock.now() + 5s; clock.now() < end;) {
        const auto bytes = receive_some(socket);
        if (!bytes) return heard;
        append(heard, *bytes);
        if (bytes->empty()) clock.wait(end, readable);
    }
    ADD_FAILURE() << "not closed";
    return heard;
}

TEST(SocketChannel, CarriesMessagesOverEachTransport) {
    for (auto transport :
         {SocketTransport::none, SocketTransport::mctp, SocketTransport::pci_doe, SocketTransport::tcp}) {
        const Served served{{.rules = {.transport = transport}}, counting()};
        SocketChannel channel{served.connect(), transport};
        EXPECT_EQ(channel.name(), transport::name(transport));
        for (int count = 1; count <= 3; ++count) {
            const auto answer = converse(channel, as_bytes("abc"));
            ASSERT_TRUE(answer) << answer.error().what;
            const std::string padding = transport == SocketTransport::pci_doe ? "00000000" : "";
            EXPECT_EQ(to_hex(*answer), "0" + std::to_string(count) + "616263" + padding) << channel.name();
        }
    }
}

TEST(SocketChannel, CarriesTheLargestMessage) {
    const Served served{{.rules = {.transport = SocketTransport::pci_doe}}, counting()};
    SocketChannel channel{served.connect(), SocketTransport::pci_doe};
    const Bytes message(channel.largest(), std::byte{7});
    const auto answer = converse(channel, message);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->size(), message.size() + 4);
    EXPECT_EQ(channel.send(Bytes(channel.largest() + 1), 0s, 0s).error().code, Errc::too_large);
}

TEST(SocketChannel, GivesUpWhenThePatienceEnds) {
    const Served served{{}, counting(10s)};
    SocketChannel channel{served.connect(), SocketTransport::mctp};
    EXPECT_EQ(converse(channel, as_bytes("abc"), 20ms).error(), (Error{Errc::timeout, "socket"}));
    EXPECT_EQ(channel.send({}, 0s, 0s).error(), (Error{Errc::disconnected, "socket"}));
}

TEST(SocketChannel, WaitsForADeviceThatThinks) {
    const Served served{{}, counting(50ms)};
    SocketChannel channel{served.connect(), SocketTransport::mctp};
    const auto begin = SystemClock{}.now();
    EXPECT_TRUE(converse(channel, as_bytes("abc")));
    EXPECT_GE(SystemClock{}.now() - begin, 50ms);
}

TEST(SocketChannel, SaysThatThePeerIsGone) {
    auto listener = listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(listener);
    auto socket = connect_tcp("127.0.0.1", *local_port(*listener), 5s);
    ASSERT_TRUE(socket);
    SocketChannel channel{*std::move(socket), SocketTransport::mctp};
    ASSERT_TRUE(channel.send(as_bytes("abc"), 0s, 5s));
    {
        auto accepted = accept_tcp(*listener);
    }
    Result<Channel::Progress> progress = channel.poll(0s);
    for (int tries = 0; progress && tries < 100; ++tries) {
        std::this_thread::sleep_for(5ms);
        progress = channel.poll(0s);
    }
    EXPECT_EQ(progress.error().code, Errc::disconnected);
}

TEST(SocketChannel, RefusesFramesThatAreNoAnswer) {
    using Frame = std::pair<const char*, Error>;
    const auto frames = std::to_array<Frame>({
        {"0000ffff 00000001 00000000", {Errc::transport, "command", 0, 0xffff}},
        {"00000001 00000002 00000000", {Errc::transport, "transport type", 4, 2}},
        {"00000001 00000001 00000001 06", {Errc::mismatch, "MCTP message type", 0, 6}},
        {"00000001 00000001 ffffffff", {Errc::too_large, "payload length", 8, 0xffffffff}},
    });
    for (const auto& [frame, error] : frames) {
        auto listener = listen_tcp("127.0.0.1", 0);
        ASSERT_TRUE(listener);
        SocketChannel channel{*connect_tcp("127.0.0.1", *local_port(*listener), 5s), SocketTransport::mctp};
        const auto accepted = accept_tcp(*listener);
        ASSERT_TRUE(accepted && *accepted);
        ASSERT_TRUE(channel.send(as_bytes("abc"), 0s, 5s));
        ASSERT_TRUE(send_some(**accepted, *from_hex(frame)));
        SystemClock clock;
        Result<Channel::Progress> progress = channel.poll(0s);
        while (progress && std::holds_alternative<Channel::Waiting>(*progress)) {
            clock.wait(clock.now() + 10ms, {});
            progress = channel.poll(0s);
        }
        EXPECT_EQ(progress.error(), error) << frame;
    }
}

TEST(SocketServer, GivesEachConnectionItsOwnDevice) {
    const Served served{{}, counting()};
    SocketChannel one{served.connect(), SocketTransport::mctp};
    SocketChannel two{served.connect(), SocketTransport::mctp};
    EXPECT_EQ(to_hex(*converse(one, as_bytes("a"))), "0161");
    EXPECT_EQ(to_hex(*converse(one, as_bytes("a"))), "0261");
    EXPECT_EQ(to_hex(*converse(two, as_bytes("a"))), "0161");
}

TEST(SocketServer, ServesOnAfterContinueAndEndsAfterShutdown) {
    const Served served{{}, counting()};
    SocketChannel one{served.connect(), SocketTransport::mctp};
    ASSERT_TRUE(converse(one, as_bytes("a")));
    SystemClock clock;
    ASSERT_TRUE(one.end(SocketCommand::resume, clock));
    EXPECT_EQ(one.end(SocketCommand::resume, clock).error().code, Errc::disconnected);
    SocketChannel two{served.connect(), SocketTransport::mctp};
    ASSERT_TRUE(converse(two, as_bytes("a")));
    EXPECT_FALSE(served.ended());
    ASSERT_TRUE(two.end(SocketCommand::shutdown, clock));
    for (int tries = 0; !served.ended() && tries < 500; ++tries) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(served.ended());
}

TEST(SocketServer, MayServeOnAfterShutdown) {
    const Served served{{.ends_on_shutdown = false}, counting()};
    SocketChannel one{served.connect(), SocketTransport::mctp};
    SystemClock clock;
    ASSERT_TRUE(one.end(SocketCommand::shutdown, clock));
    SocketChannel two{served.connect(), SocketTransport::mctp};
    EXPECT_TRUE(converse(two, as_bytes("a")));
}

// defects.md D132
TEST(SocketServer, D132ClosesCleanlyOnBadFramesAndServesOn) {
    const Served served{{}, counting()};
    using Stream = std::pair<const char*, const char*>;
    const auto streams = std::to_array<Stream>({
        {"00000001 00000001 ffffffff", ""},
        {"00000001 00000001 00000000", ""},
        {"00000001 00000002 00000001 00", ""},
        {"0badc0de 00000001 00000000", "0000ffff0000000100000000"},
    });
    for (const auto& [stream, answer] : streams) {
        const auto socket = served.connect();
        ASSERT_TRUE(send_some(socket, *from_hex(stream)));
        EXPECT_EQ(to_hex(hear(socket)), answer) << stream;
    }
    {
        const auto truncated = served.connect();
        ASSERT_TRUE(send_some(truncated, *from_hex("00000001 0000")));
    }
    SocketChannel channel{served.connect(), SocketTransport::mctp};
    EXPECT_TRUE(converse(channel, as_bytes("a")));
}

TEST(SocketServer, TakesARequestThatComesByteByByte) {
    const Served served{{}, counting()};
    const auto socket = served.connect();
    const auto stream = *from_hex("00000001 00000001 00000002 0561  0000fffd 00000001 00000000");
    for (auto byte : stream) ASSERT_TRUE(send_some(socket, std::span{&byte, 1}));
    EXPECT_EQ(to_hex(hear(socket)),
              "000000010000000100000003"
              "050161"
              "0000fffd0000000100000000");
}

TEST(Socket, NamesWhyThereIsNoConnection) {
    auto listener = listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(listener);
    const auto port = *local_port(*listener);
    EXPECT_EQ(listen_tcp("127.0.0.1", port).error().what, "bind");
    EXPECT_EQ(listen_tcp("no address", 0).error(), (Error{Errc::bad_field, "address"}));
    listener = Result<Descriptor>{Descriptor{}};
    EXPECT_EQ(connect_tcp("127.0.0.1", port, 1s).error().code, Errc::disconnected);
}

}  // namespace
}  // namespace busguard::host
