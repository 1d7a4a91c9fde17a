#pragma once

#include "daemon/durable_memory.h"
#include "daemon/guard.h"
#include "daemon/log_publishing.h"
#include "emulate/machine.h"
#include "emulate/machine_file.h"
#include "host/files.h"
#include "journal/fsck.h"
#include "journal/published.h"
#include "policy/policy_file.h"
#include "tests/host/temporary_directory.h"
#include "tlog/entry_bundle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <map>
#include <poll.h>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

/// What the stories are played in: an emulated machine, virtual time, a guard that may be killed at any step.
namespace busguard::daemon {

class VirtualClock final : public Clock {
public:
    Time now() const override { return now_; }
    std::chrono::sys_seconds calendar() const override {
        return std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} +
               std::chrono::floor<std::chrono::seconds>(now_);
    }
    /// What a thread works on takes real time, in which this one stands still.
    void wait(Time until, std::span<const int> readable) override {
        std::vector<pollfd> real;
        for (const int one : readable)
            if (::fcntl(one, F_GETFD) >= 0) real.push_back({.fd = one, .events = POLLIN, .revents = 0});
        constexpr int milliseconds = 10'000;
        if (!real.empty() && ::poll(real.data(), real.size(), milliseconds) > 0) return;
        now_ = std::max(now_, until);
    }

private:
    Time now_{};
};

class RepeatableEntropy final : public Entropy {
public:
    Result<void> fill(std::span<std::byte> bytes) override {
        for (auto& byte : bytes) {
            state_ = (state_ * 6364136223846793005U) + 1442695040888963407U;
            byte = static_cast<std::byte>(state_ >> 56U);
        }
        return {};
    }

private:
    std::uint64_t state_ = 1;
};

/// SIGKILL, as far as a test in one process can have it.
struct Killed {};

/// Counts steps and ends the guard's life at one of them, before or after it took effect.
class Fate {
public:
    void kill_at(std::size_t step) { left_ = step; }
    void spare() { left_ = 0; }
    std::size_t steps() const { return steps_; }
    void step() {
        ++steps_;
        if (left_ != 0 && --left_ == 0) throw Killed{};
    }

private:
    std::size_t left_ = 0;  // 0: it lives
    std::size_t steps_ = 0;
};

/// The machine's /sys with fate between it and the guard: each write may be its last, done or not done.
class FatefulTree final : public host::FileTree {
public:
    FatefulTree(host::FileTree& below, Fate& fate) : below_{&below}, fate_{&fate} {}

    std::function<void(std::string_view path)> before_write;  ///< the attacker's moment
    std::function<void()> after_write;                        ///< for invariants
    std::function<bool(std::string_view path)> swallows;      ///< a write that is accepted and does nothing
    std::function<void(std::string_view path, host::Access access)> before_open;

    Result<std::vector<std::string>> list(std::string_view path) const override { return below_->list(path); }
    Result<Bytes> read(std::string_view path, std::size_t limit) const override {
        return below_->read(path, limit);
    }
    Result<void> write(std::string_view path, ByteView bytes) override {
        fate_->step();
        if (before_write) before_write(path);
        auto done = swallows && swallows(path) ? Result<void>{} : below_->write(path, bytes);
        if (after_write) after_write();
        fate_->step();
        return done;
    }
    Result<std::string> link(std::string_view path) const override { return below_->link(path); }
    Result<std::unique_ptr<host::File>> open(std::string_view path, host::Access access) override {
        if (before_open) before_open(path, access);
        return below_->open(path, access);
    }
    bool exists(std::string_view path) const override { return below_->exists(path); }

private:
    host::FileTree* below_;
    Fate* fate_;
};

/// The machine's events as from a socket: nobody asks without being told, unless it fails.
class SocketEvents final : public host::UeventSource {
public:
    explicit SocketEvents(emulate::UeventQueue& below) : below_{&below} {}
    bool broken = false;

    Result<host::Uevents> take() override {
        if (broken) return fail(Errc::system, "netlink");
        return below_->take();
    }
    int descriptor() const override { return 1000; }  // the virtual clock never looks at it

private:
    emulate::UeventQueue* below_;
};

class FatefulMemory final : public Memory {
public:
    FatefulMemory(Memory& below, Fate& fate) : below_{&below}, fate_{&fate} {}

    bool full = false;                 ///< the disk
    bool takes_no_notes = false;       ///< it is full directly after evidence was kept
    bool keeps_nothing = false;        ///< only evidence cannot be written
    bool remembers_nothing = false;    ///< only what must not be forgotten of devices cannot be written
    std::function<void()> after_keep;  ///< the moment between evidence and judgement
    std::function<void()> after_note;  ///< between a note and what follows from it
    /// Evidence that was acknowledged: its index in the log, and its device.
    std::map<std::uint64_t, std::string>* acknowledged = nullptr;

    Result<std::vector<EvidenceIndex>> keep(std::span<const evidence::Bundle* const> bundles) override {
        fate_->step();
        if (full || keeps_nothing) return fail(Errc::too_large, "database");
        auto indices = below_->keep(bundles);
        if (indices && acknowledged != nullptr)
            for (std::size_t n = 0; n < bundles.size(); ++n)
                acknowledged->emplace((*indices)[n].value(), bundles[n]->circumstances.device);
        fate_->step();
        if (const auto then = after_keep) then();
        return indices;
    }
    Result<void> write_down(std::span<const Note> notes) override {
        fate_->step();
        if (full || takes_no_notes) return fail(Errc::too_large, "database");
        auto done = below_->write_down(notes);
        fate_->step();
        if (const auto then = after_note) then();
        return done;
    }
    void in_force(const InForce& rules) override { below_->in_force(rules); }
    Result<evidence::Bundle> evidence(std::uint64_t index) override { return below_->evidence(index); }
    Result<void> remember(std::span<const Remembered> devices) override {
        fate_->step();
        if (full || remembers_nothing) return fail(Errc::too_large, "database");
        auto done = below_->remember(devices);
        fate_->step();
        return done;
    }
    Result<std::vector<Remembered>> recall() override { return below_->recall(); }

private:
    Memory* below_;
    Fate* fate_;
};

/// Keeps what the guard says.
class Diary final : public Audience {
public:
    struct Entry {
        std::string event, device, reason;
    };
    std::vector<Entry> entries;
    std::size_t kept = 0;  ///< evidence

    void examined(const Device&, const examine::Visited&, EvidenceIndex evidence) override {
        if (evidence) ++kept;
    }
    void changed(const Device&) override {}
    void gone(const Device&) override {}
    void happened(const Event& event) override {
        entries.push_back({std::string{event.name}, event.device == nullptr ? "" : event.device->address,
                           std::string{event.reason}});
    }

    bool has(std::string_view event, std::string_view device) const {
        return std::ranges::any_of(
            entries, [&](const Entry& one) { return one.event == event && one.device == device; });
    }
    std::size_t count(std::string_view event, std::string_view device) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            entries, [&](const Entry& one) { return one.event == event && one.device == device; }));
    }
};

/// What most stories are decided by.
inline std::string usual_policy() {
    const auto text = host::read_file(BUSGUARD_SOURCE_DIR "/tests/scenario/policy.toml");
    if (!text) throw std::runtime_error{text.error().text()};
    return std::string{as_text(*text)};
}

class World {
public:
    explicit World(std::string policy = usual_policy(), Settings wanted = {.enforce = true},
                   const std::string& file = BUSGUARD_SOURCE_DIR "/tests/scenario/machine.toml")
        : settings{wanted}, policy_text_{std::move(policy)} {
        auto described = emulate::read_machine(file);
        if (!described) throw std::runtime_error{described.error().text()};
        description = *std::move(described);
        auto made = emulate::Machine::make(description, {}, clock, entropy);
        if (!made) throw std::runtime_error{made.error().text()};
        machine = *std::move(made);
        sys.emplace(machine->tree(), fate);
    }

    /// Starts the guard, or starts it again after it was killed.
    void start() {
        guard.reset();
        loop.emplace(clock);
        loop->add(alarm_);
        publishing_.reset();
        durable_.reset();
        log.reset();
        auto begun =
            Log::open(directory_.path("log.db"), *host::DirectoryFiles::open(published_.path()), key_, clock);
        if (!begun) throw std::runtime_error{begun.error().text()};
        log = *std::move(begun);
        auto opened = DurableMemory::open(directory_.path("state.db"), *log);
        if (!opened) throw std::runtime_error{opened.error().text()};
        durable_ = *std::move(opened);
        memory.emplace(*durable_, fate);
        memory->full = disk_is_full;
        memory->acknowledged = &acknowledged;
        publishing_.emplace(*log, *loop, settings.publish, retain,
                            [this](std::string_view event, const Error&) {
                                diary.entries.push_back({std::string{event}, "", ""});
                            });
        loop->add(*publishing_);
        guard.emplace(Guard::Parts{.sys = &*sys,
                                   .uevents = events != nullptr ? events : &machine->uevents(),
                                   .clock = &clock,
                                   .entropy = &entropy,
                                   .memory = &*memory,
                                   .audience = &diary,
                                   .loop = &*loop,
                                   .locks = {},
                                   .recorded_by = "scenario",
                                   .boot = boot},
                      settings, policy(policy_text_), judge());
        const auto started = guard->start();
        if (!started) throw std::runtime_error{"start: " + std::string{started.error().what}};
    }

    /// Another policy, also for a guard that starts later.
    void reload(std::string text) {
        policy_text_ = std::move(text);
        try {
            if (guard) guard->adopt(policy(policy_text_), judge());
        } catch (const Killed&) {
            ++killed;
            guard.reset();
        }
        settle();
    }

    /// Lets time pass until nothing is due at once; a guard that is killed starts again.
    void settle() {
        for (int lives = 0; lives < 100; ++lives) {
            try {
                if (!guard) start();
                loop->wake(*guard);
                loop->turn();
                for (int n = 0; n < 100000 && !guard->is_quiet(); ++n) pass(std::chrono::milliseconds{100});
                ASSERT_TRUE(guard->is_quiet()) << "the guard does not come to rest";
                return;
            } catch (const Killed&) {
                ++killed;
                guard.reset();
            }
        }
        FAIL() << "killed again and again";
    }

    void pass(Time time) {
        alarm_.at = clock.now() + time;
        loop->wake(alarm_);
        while (clock.now() < alarm_.at) loop->turn();
    }

    const Device& at(std::string_view address) const {
        return guard->devices().find("pci/" + std::string{address})->second;
    }
    std::string driver(std::string_view address) const {
        return machine->pci().bound_driver(*emulate::PciAddress::parse(address));
    }
    std::string reason(std::string_view address) const {
        const auto& its = at(address);
        return its.verdict && its.verdict->primary != nullptr ? std::string{its.verdict->primary->code} : "";
    }
    emulate::DeviceDescription& described(std::string_view address) {
        return *std::ranges::find(description.devices, *emulate::PciAddress::parse(address),
                                  &emulate::DeviceDescription::address);
    }
    /// The one device in the place of the other, as far as its address goes.
    emulate::DeviceDescription disguised(std::string_view as, std::string_view who) {
        auto made = described(who);
        made.address = described(as).address;
        made.under = described(as).under;
        return made;
    }

    void replace(std::string_view address, const emulate::DeviceDescription& by) {
        ASSERT_TRUE(machine->replace(*emulate::PciAddress::parse(address), by));
    }
    void plug(const emulate::DeviceDescription& its) { ASSERT_TRUE(machine->plug(its)); }
    void unplug(std::string_view address) {
        ASSERT_TRUE(machine->unplug(*emulate::PciAddress::parse(address)));
    }
    void recover(std::string_view address, bool succeeds) {
        ASSERT_TRUE(machine->recover(*emulate::PciAddress::parse(address), succeeds));
    }

    /// The log as everybody sees it, after what is due was published.
    journal::Fsck looked_through(std::uint64_t minimum = 0) {
        EXPECT_TRUE(log->publish());
        const auto files = *host::DirectoryFiles::open(published_.path());
        journal::NoteReader reader{key_.verifier()};
        return journal::fsck(*files, reader, minimum);
    }
    /// The first entry that is there for everybody.
    std::uint64_t first_kept() {
        const auto files = *host::DirectoryFiles::open(published_.path());
        const auto read = journal::PublishedLog::open(*files, {key_.verifier()});
        return read ? *read->first_kept() : 0;
    }
    /// All that is written down, by a reader of the published files alone.
    std::vector<logbook::Entry> entries() {
        EXPECT_TRUE(log->publish());
        const auto files = *host::DirectoryFiles::open(published_.path());
        const auto blob = [&](const tlog::TreeHash& name) {
            return files->read(journal::blob_path(name), journal::largest_blob);
        };
        std::vector<logbook::Entry> all;
        const auto size = *log->published();
        for (std::uint64_t index = 0; index * tlog::tile_width < size; ++index) {
            const auto width = tlog::width_in(size, 0, index);
            const auto bundle = files->read(tlog::text({tlog::TilePath::Kind::entries, 0, index, width}),
                                            tlog::largest_resource);
            EXPECT_TRUE(bundle) << index;
            const auto texts = tlog::entries_of(*bundle, width);
            for (const auto text : *texts) all.push_back(*logbook::decode(as_text(text), blob, "log"));
        }
        return all;
    }

    static policy::Policy policy(std::string_view text) {
        auto read = policy::policy_from_toml(text, "policy");
        if (!read) throw std::runtime_error{read.error().text()};
        return *std::move(read);
    }
    examine::Judge judge() const {
        examine::Demands demands;
        for (const auto& one : machine->anchors()) demands.standard.anchors.add(one, "machine");
        demands.standard.at = clock.calendar();
        return examine::Judge{std::move(demands)};
    }

    VirtualClock clock;
    RepeatableEntropy entropy;
    Fate fate;
    emulate::MachineDescription description;
    std::unique_ptr<emulate::Machine> machine;
    host::UeventSource* events = nullptr;  ///< in place of the machine's own
    std::optional<FatefulTree> sys;
    std::unique_ptr<Log> log;
    std::optional<FatefulMemory> memory;
    std::map<std::uint64_t, std::string> acknowledged;
    Diary diary;
    std::optional<drive::Loop> loop;
    std::optional<Guard> guard;
    Settings settings;
    std::string boot = "first boot";
    std::optional<std::chrono::seconds> retain;  ///< of the log's entries
    bool disk_is_full = false;
    std::size_t killed = 0;

private:
    /// Stops the clock where pass() wants it.
    struct Alarm final : drive::Task {
        Time at = Time::max();
        std::optional<drive::Wake> resume(Time now) override {
            return drive::Wake{now < at ? at : Time::max(), -1};
        }
    } alarm_;
    std::string policy_text_;
    host::TemporaryDirectory directory_, published_;
    tlog::NoteSigner key_ = *tlog::NoteSigner::make("scenario.example/log",
                                                    *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    std::unique_ptr<DurableMemory> durable_;
    std::optional<LogPublishing> publishing_;
};

}  // namespace busguard::daemon
