#include "emulate/server.h"

#include "crypto/entropy.h"
#include "drive/errand.h"
#include "emulate/machine_credentials.h"
#include "host/clock.h"
#include "host/socket.h"
#include "host/socket_channel.h"
#include "spdm/authentication.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace busguard::emulate {
namespace {

using namespace std::chrono_literals;
using transport::SocketTransport;

/// One P-256 drive, made here.
struct ServerWorld {
    ServerWorld() {
        machine.authorities["maker"] = {.subject = "Maker", .scheme = crypto::Scheme::ecdsa_p256};
        DeviceDescription drive{.address = {0, 1, 0, 0}, .identity = {.vendor = 0x1ea5, .device = 1}};
        drive.spdm = SpdmDescription{.versions = {spdm::Version::v1_2},
                                     .scheme = crypto::Scheme::ecdsa_p256,
                                     .hash = crypto::Hash::sha_256};
        drive.spdm->slots.push_back({.number = 0, .issuer = "maker", .presents = "maker"});
        machine.devices.push_back(drive);
        auto credentials = provide_credentials(machine, {}, entropy);
        device.emplace(drive, std::move(credentials->slots.at(drive.address)), clock, entropy);
    }

    crypto::SystemEntropy entropy;
    host::SystemClock clock;
    MachineDescription machine;
    std::optional<Device> device;
};

/// A server on a free port, on a thread of its own until the end.
class Served {
public:
    Served(ServerWorld& world, ServerOptions options) : world_{world} {
        options.port = 0;
        auto made = serve_device(*world.device, options);
        if (!made) throw std::runtime_error{made.error().text()};
        server_ = *std::move(made);
        thread_ = std::thread{[this] { (void)server_->run(world_.clock, stop_); }};
    }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served() {
        stop_ = true;
        thread_.join();
    }
    std::uint16_t port() const { return server_->port(); }

private:
    ServerWorld& world_;
    std::atomic<bool> stop_ = false;
    std::unique_ptr<host::SocketServer> server_;
    std::thread thread_;
};

TEST(Server, ServesADeviceOverEveryTransportOfSpdmEmu) {
    ServerWorld world;
    for (auto transport :
         {SocketTransport::none, SocketTransport::mctp, SocketTransport::pci_doe, SocketTransport::tcp}) {
        Served served{world, {.transport = transport}};
        for (int turn = 0; turn < 2; ++turn) {  // one client after the other
            auto socket = host::connect_tcp("127.0.0.1", served.port(), 2s);
            ASSERT_TRUE(socket);
            host::SocketChannel channel{*std::move(socket), transport};
            spdm::Visit visit{{{}, world.entropy}};
            const auto outcome = drive::carry(visit, channel, world.clock);
            ASSERT_TRUE(outcome) << name(transport) << ": " << outcome.error().what;
            EXPECT_EQ(visit.rules().found().statements.size(), 1U);
            EXPECT_TRUE(channel.end(transport::SocketCommand::resume, world.clock));
        }
    }
}

TEST(Server, KeepsConversationsApart) {
    ServerWorld world;
    Served served{world, {}};
    auto first = host::connect_tcp("127.0.0.1", served.port(), 2s);
    auto second = host::connect_tcp("127.0.0.1", served.port(), 2s);
    ASSERT_TRUE(first && second);
    host::SocketChannel one{*std::move(first), SocketTransport::mctp};
    host::SocketChannel other{*std::move(second), SocketTransport::mctp};
    spdm::Visit visit{{{}, world.entropy}};
    spdm::Visit another{{{}, world.entropy}};
    drive::Errand errand{visit, one};
    drive::Errand also{another, other};
    drive::Loop loop{world.clock};
    loop.add(errand);
    loop.add(also);
    loop.run();
    EXPECT_TRUE(errand.outcome());
    EXPECT_TRUE(also.outcome());
}

TEST(Server, NamesWhatCannotBeServed) {
    ServerWorld world;
    const Device mute{{.address = {0, 0, 0x14, 0}}, {}, world.clock, world.entropy};
    EXPECT_EQ(serve_device(mute, {}).error().text(),
              "0000:00:14.0: has no SPDM that could be served (name a device with [device.spdm])");
    Served served{world, {}};
    EXPECT_EQ(serve_device(*world.device, {.port = served.port()}).error().message,
              "cannot be listened on: Address already in use");
}

}  // namespace
}  // namespace busguard::emulate
