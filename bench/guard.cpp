#include "daemon/guard.h"

#include "bench/measure.h"
#include "bench/report.h"
#include "bench/test_device.h"
#include "daemon/durable_memory.h"
#include "emulate/machine.h"
#include "host/clock.h"

#include <cstdio>
#include <malloc.h>

/// The daemon's guard from its start to the last verdict, on an emulated machine in the same process.
namespace busguard::bench {
namespace {

using namespace std::chrono_literals;

constexpr int devices = 1000;
constexpr Time latency = 100ms;

/// 31 devices on a bus, 32 buses: each a drive with a certificate of its own that thinks about each answer.
emulate::MachineDescription machine_of(int count) {
    emulate::MachineDescription machine;
    machine.name = "bench";
    machine.autoprobe = false;
    machine.authorities["bench"] = {.subject = "Bench"};
    for (int n = 0; n < count; ++n) {
        emulate::DeviceDescription device;
        device.address = {.domain = 0,
                          .bus = static_cast<std::uint8_t>(1 + n / 31),
                          .device = static_cast<std::uint8_t>(1 + n % 31)};
        device.identity = {.vendor = 0x1ea5,
                           .device = 0x5001,
                           .class_code = 0x010802,
                           .serial_number = 0x1ea5'0000'0000U + static_cast<unsigned>(n)};
        device.driver = "nvme";
        device.mailbox.emplace();
        device.mailbox->latency = latency;
        device.spdm.emplace();
        device.spdm->versions = {spdm::Version::v1_2};
        device.spdm->slots = {{.number = 0, .issuer = "bench", .presents = "bench"}};
        machine.devices.push_back(std::move(device));
    }
    return machine;
}

class Counter final : public daemon::Audience {
public:
    void examined(const daemon::Device& device, const examine::Visited&, std::int64_t) override {
        if (device.verdict->state == appraisal::State::authenticated) ++authenticated;
    }
    void changed(const daemon::Device&) override {}
    void gone(const daemon::Device&) override {}
    void happened(const daemon::Event&) override {}
    int authenticated = 0;
};

struct Took {
    double wall = 0;
    double processor = 0;
    std::size_t bytes = 0;  ///< on the heap for all devices, when nothing is under way
    int authenticated = 0;
};

Took watch(int count) {
    host::SystemClock clock;
    crypto::SystemEntropy entropy;
    auto machine = emulate::Machine::make(machine_of(count), {}, clock, entropy);
    auto memory = daemon::DurableMemory::open("");
    if (!machine || !memory) return {};
    examine::Demands demands;
    for (const auto& one : (*machine)->anchors()) demands.standard.anchors.add(one, "bench");
    demands.clock = &clock;
    Counter counter;
    drive::Loop loop{clock};
    const auto before = mallinfo2().uordblks;
    const auto start = clock.now();
    const double busy = processor_seconds();
    daemon::Guard guard{{.sys = &(*machine)->tree(),
                         .uevents = &(*machine)->uevents(),
                         .clock = &clock,
                         .entropy = &entropy,
                         .memory = memory->get(),
                         .audience = &counter,
                         .loop = &loop,
                         .chosen_nonce = {},
                         .locks = {},
                         .recorded_by = "bench",
                         .boot = "bench"},
                        {.enforce = false},
                        {},
                        examine::Judge{std::move(demands)}};
    if (!guard.start()) return {};
    while (!guard.is_quiet()) loop.turn();
    Took took{.authenticated = counter.authenticated};
    took.wall = std::chrono::duration<double>(clock.now() - start).count();
    took.processor = processor_seconds() - busy;
    took.bytes = mallinfo2().uordblks - before;
    return took;
}

/// Bytes that a million events leave on the heap: of devices that are there and of such that are not.
double growth_after_a_million_events() {
    constexpr int events = 1'000'000;
    constexpr int at_once = 1000;
    host::SystemClock clock;
    crypto::SystemEntropy entropy;
    auto machine = emulate::Machine::make(machine_of(4), {}, clock, entropy);
    auto memory = daemon::DurableMemory::open("");
    if (!machine || !memory) return -1;
    Counter counter;
    drive::Loop loop{clock};
    daemon::Guard guard{{.sys = &(*machine)->tree(),
                         .uevents = &(*machine)->uevents(),
                         .clock = &clock,
                         .entropy = &entropy,
                         .memory = memory->get(),
                         .audience = &counter,
                         .loop = &loop,
                         .chosen_nonce = {},
                         .locks = {},
                         .recorded_by = "bench",
                         .boot = "bench"},
                        {.enforce = false},
                        {},
                        examine::Judge{{}}};
    if (!guard.start()) return -1;
    while (!guard.is_quiet()) loop.turn();
    const auto say = [&](int from) {
        for (int n = from; n < from + at_once; ++n)
            (*machine)->uevents().say(
                {.action = n % 3 == 0 ? "bind" : "change",
                 .path = "devices/pci0000:00/0000:7f:" + std::to_string(10 + n % 22) + ".0",
                 .subsystem = n % 5 == 0 ? "tsm" : "pci",
                 .properties = {}});
        loop.wake(guard);
        loop.turn();
    };
    say(0);
    const auto before = mallinfo2().uordblks;
    for (int n = at_once; n < events; n += at_once) say(n);
    return (static_cast<double>(mallinfo2().uordblks) - static_cast<double>(before)) / 1024;
}

}  // namespace

std::vector<Figure> guarded_devices() {
    TestDevice device;
    const auto& key = device.profile.slots.at(0).key;
    const Bytes message(148);
    const auto signature = *key.sign(crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, message);
    const auto one = watch(1);
    const auto all = watch(devices);
    const auto primitives =
        compare({[&] { (void)key.sign(crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, message); },
                 [&] {
                     (void)key.public_key().verify(crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, message,
                                                   signature);
                 }},
                1000ms);
    const double cryptography = devices * (primitives[0] + 3 * primitives[1]);
    const double least = std::max(one.wall, cryptography);
    const auto text = [](double seconds) { return std::to_string(seconds).substr(0, 4) + " s"; };
    return {
        {"guard, 1,000 devices", all.wall / least, "x", 1.3, false,
         "start to the last verdict, evidence kept: " + text(all.wall) + "; one device " + text(one.wall) +
             ", the cryptography of all " + text(cryptography) + ", CPU " + text(all.processor)},
        {"guard, authenticated", static_cast<double>(all.authenticated), "count", devices, true, ""},
        {"guard, 1,000,000 events", growth_after_a_million_events(), "KiB", 64, false,
         "that they leave on the heap"},
        {"guard, heap a device", static_cast<double>(all.bytes) / devices / 1024, "KiB", 0, false,
         "evidence in memory included, which a real guard has on disk"},
    };
}

}  // namespace busguard::bench
