#include "daemon/guard.h"

#include "bench/measure.h"
#include "bench/report.h"
#include "bench/test_device.h"
#include "daemon/durable_memory.h"
#include "daemon/log_publishing.h"
#include "emulate/machine.h"
#include "host/clock.h"
#include "host/descriptor.h"
#include "host/memory_files.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <cstdlib>
#include <filesystem>
#include <malloc.h>

/// The daemon's guard from its start to the last verdict, on an emulated machine in the same process.
namespace busguard::bench {
namespace {

using namespace std::chrono_literals;

constexpr int devices = 1000;
constexpr Time thinking = 100ms;
constexpr Time idle_time = 5s;

/// 31 devices on a bus, 32 buses: each a drive with a certificate of its own that thinks about each answer.
emulate::MachineDescription machine_of(int count, Time latency) {
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
    explicit Counter(const Clock& clock) : clock_{&clock} {}
    void examined(const daemon::Device& device, const examine::Visited&, daemon::EvidenceIndex) override {
        if (device.verdict->state == appraisal::State::authenticated) ++authenticated;
        last = clock_->now();
    }
    void changed(const daemon::Device&) override {}
    void gone(const daemon::Device&) override {}
    void happened(const daemon::Event&) override {}
    int authenticated = 0;
    Time last{};  ///< verdict

private:
    const Clock* clock_;
};

/// The machine's events with a descriptor, as a socket has one: whoever waits for it need not look.
class Described final : public host::UeventSource {
public:
    explicit Described(host::UeventSource& below) : below_{&below} {}
    Result<host::Uevents> take() override { return below_->take(); }
    int descriptor() const override { return never_.number(); }

private:
    host::UeventSource* below_;
    host::Descriptor never_{::eventfd(0, EFD_CLOEXEC)};  // nothing makes it readable
};

/// Ends the loop's waits at some time.
class Alarm final : public drive::Task {
public:
    std::optional<drive::Wake> resume(Time) override { return drive::Wake{at, -1}; }
    Time at = Time::max();
};

/// A machine and its guard in one process; its log in memory unless a directory is named.
class Guarded {
public:
    explicit Guarded(const emulate::MachineDescription& description, const std::string& directory = "")
        : machine{must(emulate::Machine::make(description, {}, clock, entropy))},
          log{must(daemon::Log::open(directory.empty() ? "" : directory + "/log.db", files_in(directory), key,
                                     clock))},
          memory{must(daemon::DurableMemory::open(directory.empty() ? "" : directory + "/state.db", *log))} {
        examine::Demands demands;
        for (const auto& one : machine->anchors()) demands.standard.anchors.add(one, "bench");
        demands.clock = &clock;
        guard.emplace(daemon::Guard::Parts{.sys = &machine->tree(),
                                           .uevents = &events,
                                           .clock = &clock,
                                           .entropy = &entropy,
                                           .memory = memory.get(),
                                           .audience = &counter,
                                           .loop = &loop,
                                           .locks = {},
                                           .recorded_by = "bench",
                                           .boot = "bench"},
                      daemon::Settings{.enforce = false}, policy::Policy{},
                      examine::Judge{std::move(demands)});
    }

    void start() {
        if (!guard->start()) std::exit(1);
        loop.add(alarm);
        loop.add(publishing);
        settle();
    }
    void settle() {
        while (!guard->is_quiet() || log->published() != log->size()) turn_until(clock.now() + 10ms);
    }
    /// As often as there is something to do, and no longer.
    void turn_until(Time time) {
        alarm.at = time;
        loop.wake(alarm);
        while (clock.now() < time) loop.turn();
    }

    host::SystemClock clock;
    crypto::SystemEntropy entropy;
    std::unique_ptr<emulate::Machine> machine;
    Described events{machine->uevents()};
    tlog::NoteSigner key = must(tlog::NoteSigner::make(
        "bench.example/log", must(crypto::PrivateKey::generate(crypto::Scheme::ed25519))));
    std::unique_ptr<daemon::Log> log;
    std::unique_ptr<daemon::DurableMemory> memory;
    Counter counter{clock};
    Alarm alarm;
    drive::Loop loop{clock};
    daemon::LogPublishing publishing{
        *log, loop, daemon::Settings{}.publish, {}, [](std::string_view, const Error&) { std::exit(1); }};
    std::optional<daemon::Guard> guard;

private:
    static std::unique_ptr<host::DurableFiles> files_in(const std::string& directory) {
        if (directory.empty()) return std::make_unique<host::MemoryFiles>();
        return must(host::DirectoryFiles::open(directory));
    }
};

struct Took {
    double wall = 0;
    double processor = 0;
    std::size_t bytes = 0;  ///< on the heap for all devices, when nothing is under way
    int authenticated = 0;
    double idle = 0;  ///< processor seconds in idle_time of nothing
};

Took watch(int count) {
    Guarded its{machine_of(count, thinking)};
    const auto before = mallinfo2().uordblks;
    const auto start = its.clock.now();
    const double busy = processor_seconds();
    its.start();
    Took took{.authenticated = its.counter.authenticated};
    took.wall = std::chrono::duration<double>(its.counter.last - start).count();
    took.processor = processor_seconds() - busy;
    took.bytes = mallinfo2().uordblks - before;
    const double then = processor_seconds();
    its.turn_until(its.clock.now() + idle_time);
    took.idle = processor_seconds() - then;
    return took;
}

/// KiB that a million events leave on the heap: of devices that are there, of such that are not, and of TSMs.
double growth_after_a_million_events() {
    constexpr int events = 1'000'000;
    constexpr int at_once = 1000;
    // Evidence on a disk, as a daemon has it: in memory it would be what grows.
    std::string directory = "/tmp/busguard-bench-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) return -1;
    double growth = 0;
    {
        Guarded its{machine_of(4, Time{}), directory};
        its.start();
        const auto say = [&](int number) {
            for (int n = 0; n < number; ++n)
                its.machine->uevents().say(
                    {.action = n % 3 == 0 ? "bind" : "change",
                     .path = fmt::format("devices/pci0000:00/0000:01:{:02x}.0", 1 + n % 8),
                     .subsystem = n % 5 == 0 ? "tsm" : "pci",
                     .properties = {}});
            (void)its.guard->resume(its.clock.now());  // no turn: it would wait for the next examination
        };
        // Examinations that events cause leave pages in SQLite's cache, up to its limit, and that is no
        // growth.
        for (int n = 0; n < 40; ++n) {
            say(at_once);
            its.settle();
        }
        const auto before = mallinfo2().uordblks;
        for (int n = 0; n < events; n += at_once) say(at_once);
        its.settle();
        growth = (static_cast<double>(mallinfo2().uordblks) - static_cast<double>(before)) / 1024;
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
    return growth;
}

}  // namespace

std::vector<Figure> guarded_devices() {
    TestDevice device;
    const auto one = watch(1);
    const auto all = watch(devices);
    const double cryptography = devices * least_cryptography(device);
    const double least = std::max(one.wall, cryptography);
    return {
        {"guard, 1,000 devices", all.wall / least, "x", 1.3, false,
         "start to the last verdict, evidence kept: " + in_seconds(all.wall) + "; one device " +
             in_seconds(one.wall) + ", the cryptography of all " + in_seconds(cryptography) + ", CPU " +
             in_seconds(all.processor)},
        {"guard, authenticated", static_cast<double>(all.authenticated), "count", devices, true, ""},
        {"guard, 1,000,000 events", growth_after_a_million_events(), "KiB", 128, false,
         "that they leave on the heap"},
        {"guard, idle", all.idle * 1e3, "ms", 5, false,
         "CPU in 5 s of nothing, 1,000 devices let in or out, events to be had"},
        {"guard, heap a device", static_cast<double>(all.bytes) / devices / 1024, "KiB", 0, false,
         "evidence in memory included, which a real guard has on disk"},
    };
}

}  // namespace busguard::bench
