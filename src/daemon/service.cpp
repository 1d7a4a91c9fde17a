#include "daemon/service.h"

#include "crypto/hash.h"
#include "daemon/attempt_errno.h"
#include "daemon/audit_trail.h"
#include "daemon/bus.h"
#include "daemon/durable_memory.h"
#include "daemon/log_key.h"
#include "daemon/log_publishing.h"
#include "daemon/memory_trim.h"
#include "daemon/metrics.h"
#include "daemon/verdict_text.h"
#include "examine/anchor_sources.h"
#include "examine/judge.h"
#include "host/aer_events.h"
#include "host/device_lock.h"
#include "host/files.h"
#include "host/fuse.h"
#include "host/joined_events.h"
#include "host/posix_tree.h"
#include "host/signals.h"
#include "host/sleep_watch.h"
#include "host/system.h"
#include "host/unix_listener.h"
#include "journal/signing_key.h"
#include "policy/policy_file.h"
#include "policy/warnings.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <malloc.h>

namespace busguard::daemon {
namespace {

constexpr Time always = Time::max();

Problem cannot(std::string where, const Error& error) {
    return {.where = std::move(where), .line = 0, .field = {}, .message = in_words(error), .remedy = {}};
}

/// Serves a descriptor until it says that it is done.
class DescriptorTask final : public drive::Task {
public:
    DescriptorTask(int descriptor, std::function<bool()> serve)
        : descriptor_{descriptor}, serve_{std::move(serve)} {}

    std::optional<drive::Wake> resume(Time) override {
        if (!serve_()) return std::nullopt;
        return drive::Wake{always, descriptor_};
    }

private:
    int descriptor_;
    std::function<bool()> serve_;
};

/// Tells systemd that the loop turns (sd_watchdog_enabled(3)), at half the time that it gives.
class Watchdog final : public drive::Task {
public:
    explicit Watchdog(std::function<void()> look) : look_{std::move(look)} {}

    std::optional<drive::Wake> resume(Time now) override {
        look_();
        std::uint64_t microseconds = 0;
        if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
        (void)sd_notify(0, "WATCHDOG=1");
        return drive::Wake{now + std::chrono::microseconds{microseconds / 2}, -1};
    }

private:
    std::function<void()> look_;  // at what nobody tells
};

/// Where the kernel tells nothing: a mounted emulated machine. The guard looks for itself.
class NoUevents final : public host::UeventSource {
public:
    Result<host::Uevents> take() override { return host::Uevents{}; }
    int descriptor() const override { return -1; }
};

Checked<std::unique_ptr<host::UeventSource>> uevents_for(const std::string& sysfs,
                                                         const Publisher::Log& log) {
    if (sysfs != "/sys") return std::unique_ptr<host::UeventSource>{std::make_unique<NoUevents>()};
    auto listening = host::NetlinkUevents::listen({"pci", "tsm", "drivers"});
    if (!listening) return fail(cannot("kernel events", listening.error()));
    std::unique_ptr<host::UeventSource> events = *std::move(listening);
    auto errors = host::AerEvents::listen();
    if (!errors) {
        // Recoveries come as kernel events all the same.
        log(Priority::info, "no trace of bus errors: " + in_words(errors.error()));
        return events;
    }
    auto both = host::JoinedEvents::of(std::move(events), *std::move(errors));
    if (!both) return fail(cannot("kernel events", both.error()));
    return std::unique_ptr<host::UeventSource>{*std::move(both)};
}

/// Without one, what was accepted before the machine was turned off would count as accepted now.
Checked<std::string> boot_id() {
    const auto text = TRY(host::read_file("/proc/sys/kernel/random/boot_id", 64));
    return std::string{as_text(text).substr(0, as_text(text).find('\n'))};
}

/// All that lives as long as the daemon, in the order in which it depends on each other.
class Service {
public:
    Service(const World& world, Configuration configuration)
        : world_{&world}, configuration_{std::move(configuration)}, loop_{*world.clock} {}

    Checked<void> start() {
        auto rules = TRY(read_rules(configuration_, *world_->clock));
        auto sys = host::PosixTree::open_root(configuration_.sysfs);
        if (!sys) return fail(cannot(configuration_.sysfs, sys.error()));
        sys_ = *std::move(sys);
        TRY(host::make_directory(configuration_.state));
        TRY(open_log());
        memory_ = TRY(DurableMemory::open(configuration_.state + "/state.db", *log_));
        uevents_ = TRY(uevents_for(configuration_.sysfs, world_->log));
        auto signals = host::Signals::of({SIGTERM, SIGINT, SIGHUP});
        if (!signals) return fail(cannot("signals", signals.error()));
        signals_.emplace(*std::move(signals));
        auto sleep = host::SleepWatch::begin(*sys_);
        if (!sleep) return fail(cannot("clock", sleep.error()));
        sleep_.emplace(*std::move(sleep));
        start_guard(std::move(rules), TRY(boot_id()));
        TRY(mount());
        join_bus();
        say_if_the_gate_leaks();
        const auto started = guard_->start();
        if (!started) return fail(cannot("guard", started.error()));
        add_tasks();
        return {};
    }

    void run(const std::function<Checked<Configuration>()>& read_again) {
        (void)sd_notify(0, "READY=1");
        while (!stop_) {
            loop_.turn();
            if (std::exchange(reload_, false)) reload(read_again);
        }
        (void)sd_notify(0, "STOPPING=1");
        guard_->stop();
        // What was said last is there for everybody as well; else the next start brings it there.
        (void)log_->publish();
    }

private:
    /// A log that is behind what it published, or whose key is gone, keeps the daemon from starting: it would
    /// write a second history.
    Checked<void> open_log() {
        const auto places = configuration_.log_places();
        const auto key = TRY(log_key(configuration_));
        auto second = TRY(second_log_key(configuration_, key.verifier().name()));
        TRY(host::make_directory(places.folder));
        std::error_code refused;
        std::filesystem::permissions(places.folder, std::filesystem::perms{0755},
                                     refused);  // whatever the umask
        auto files = host::DirectoryFiles::open(places.folder);
        if (!files) return fail(cannot(places.folder, files.error()));
        const auto vkey = places.folder + "/log.vkey";
        // The keys that it had before sign no more.
        auto vkeys = journal::vkeys_beside(**files, key.verifier(), second ? &second->verifier() : nullptr);
        if (!vkeys) return fail(vkeys.error());
        const auto& text = vkeys->text;
        const auto there = host::read_file(vkey, journal::largest_vkeys);
        if (there) {
            const auto beside = TRY(journal::vkeys_from_text(as_text(*there), vkey));
            TRY(journal::check_that_it_signs(key.verifier(), beside, vkey));
        }
        if (!there || as_text(*there) != text) TRY(host::write_file(vkey, as_bytes(text)));
        auto opened = Log::open(places.database, *std::move(files), key, *world_->clock,
                                std::move(vkeys->usable), std::move(second));
        if (!opened) {
            auto problem = opened.error();
            problem.message = "the transparency log: " + problem.message;
            return fail(std::move(problem));
        }
        log_ = *std::move(opened);
        return {};
    }

    void start_guard(Rules rules, std::string boot) {
        say_remarks(rules);
        files_.emplace(
            published_, *world_->clock,
            FileAbi::Actions{.reauthenticate = [this](const auto& device,
                                                      const auto& done) { reauthenticate(device, done); },
                             .release = [this](const auto& device) { return guard_->release(device); },
                             .claim = [this](const auto& device) { return guard_->claim(device); },
                             .load = [this](const RecordPlace& place) { return load(place); }});
        publisher_.emplace(*files_, configuration_.settings.enforce, world_->tell);
        audiences_.add(*publisher_);
        audiences_.add(metrics_);
        begin_audit();
        const bool real = configuration_.sysfs == "/sys";
        guard_.emplace(
            Guard::Parts{
                .sys = sys_.get(),
                .uevents = uevents_.get(),
                .clock = world_->clock,
                .entropy = world_->entropy,
                .memory = memory_.get(),
                .audience = &audiences_,
                .loop = &loop_,
                .chosen_nonce = [this](std::string_view device) { return files_->take_nonce(device); },
                .locks = real ? host::lock_directory({}) : std::string{},
                .recorded_by = world_->version,
                .boot = std::move(boot)},
            configuration_.settings, std::move(rules.policy), examine::Judge{std::move(rules.demands)},
            rules.digests);
    }

    Checked<void> mount() {
        const auto directory = configuration_.runtime + "/devices";
        host::FuseMount::remove_dead(directory);  // of one that was killed
        TRY(host::make_directory(directory));
        listener_.emplace(TRY(host::TextListener::at(configuration_.runtime + "/metrics", 0666)));
        mount_ = TRY(host::FuseMount::at(directory, published_, host::FuseMount::Audience::everybody));
        return {};
    }

    /// Without a bus all else works: early in the boot there is none.
    void join_bus() {
        if (configuration_.bus == "none") return;
        auto bus = Bus::connect(
            configuration_.bus == "system" ? std::string{} : configuration_.bus,
            {.devices = [this]() -> const auto& { return guard_->devices(); },
             .describe =
                 [this](const Device& device) {
                     return verdict_json(device, configuration_.settings.enforce);
                 },
             .examine =
                 [this](const std::string& device, Bus::Actions::Done done) {
                     return guard_->examine(
                         device,
                         [done = std::move(done)](const examine::Visited&, const Device& its) { done(its); });
                 },
             .release = [this](const std::string& device) { return guard_->release(device); },
             .claim = [this](const std::string& device) { return guard_->claim(device); },
             .reload = [this] { ask_for_reload(); },
             .sleep = [this](bool sleeping) { on_sleep(sleeping); },
             .enforcing = configuration_.settings.enforce});
        if (!bus) {
            world_->log(Priority::warning, "bus.missing " + bus.error().text());
            return;
        }
        bus_ = *std::move(bus);
        audiences_.add(*bus_);
        loop_.add(*bus_);
    }

    void say_if_the_gate_leaks() const {
        if (!configuration_.settings.enforce || configuration_.sysfs != "/sys") return;
        const auto kernel = host::system_facts(*sys_).kernel;
        if (host::release_number(kernel) >= host::gate_holds_from) return;
        world_->log(Priority::warning,
                    "gate.leaks Linux " + kernel +
                        ": before 6.19 drivers get hotplugged devices behind a closed gate; "
                        "they are taken away again at once");
    }

    /// Where there is no audit (a container, a kernel without it) nobody misses a record.
    void begin_audit() {
        if (configuration_.sysfs != "/sys") return;  // an emulated machine's devices are nobody's news
        auto audit = host::Audit::open();
        if (!audit) return;
        audit_.emplace(*std::move(audit));
        audit_trail_.emplace(configuration_.settings.enforce,
                             [this](host::Audit::Kind kind, const std::string& message, bool success) {
                                 if (!audit_) return;
                                 const auto written = audit_->write(kind, message, success);
                                 if (written) return;
                                 world_->log(Priority::warning, "audit: " + in_words(written.error()) +
                                                                    "; no further records are written");
                                 audit_.reset();
                             });
        audiences_.add(*audit_trail_);
    }

    void add_tasks() {
        tasks_.push_back(
            std::make_unique<DescriptorTask>(signals_->descriptor(), [this] { return on_signal(); }));
        tasks_.push_back(std::make_unique<DescriptorTask>(sleep_->descriptor(), [this] {
            look_for_sleep();
            return true;
        }));
        tasks_.push_back(std::make_unique<DescriptorTask>(listener_->descriptor(), [this] {
            listener_->answer([this] {
                return metrics_.text(guard_->devices(), configuration_.settings.enforce,
                                     {log_->size(), log_->published().value_or(0)});
            });
            return true;
        }));
        tasks_.push_back(std::make_unique<DescriptorTask>(mount_->descriptor(), [this] {
            if (mount_->serve_pending()) return true;
            world_->log(Priority::error, "files.unmounted " + mount_->directory());
            stop();
            return false;
        }));
        tasks_.push_back(std::make_unique<LogPublishing>(
            *log_, loop_, configuration_.settings.publish, configuration_.log.retain,
            [this](std::string_view event, const Error& error) {
                audiences_.happened(
                    {.name = event, .device = nullptr, .reason = {}, .detail = in_words(error)});
            }));
        tasks_.push_back(std::make_unique<Watchdog>([this] { look_for_sleep(); }));
        auto trim = std::make_unique<MemoryTrim>(loop_, [] { (void)malloc_trim(0); });
        audiences_.add(*trim);
        tasks_.push_back(std::move(trim));
        for (const auto& task : tasks_) loop_.add(*task);
    }

    void look_for_sleep() {
        if (sleep_->slept()) woke_up();
    }

    /// What is under way now says nothing of what will be there. One sleep is answered once, whoever tells of
    /// it first.
    void on_sleep(bool sleeping) {
        if (sleeping) {
            guard_->falls_asleep();
            expected_ = true;
        } else if (sleep_->slept() || expected_) {
            woke_up();
        }
    }

    void woke_up() {
        expected_ = false;
        world_->log(Priority::notice, "machine.resumed");
        guard_->woke_up();
    }

    bool on_signal() {
        while (const auto signal = signals_->take()) {
            if (*signal == SIGHUP)
                ask_for_reload();
            else
                stop();
        }
        return !stop_;
    }

    // The loop is left at the end of its turn, which is not to wait first.
    void ask_for_reload() {
        reload_ = true;
        loop_.wake(*guard_);
    }
    void stop() {
        stop_ = true;
        loop_.wake(*guard_);
    }

    void reload(const std::function<Checked<Configuration>()>& read_again) {
        (void)sd_notify(0, "RELOADING=1");
        auto configuration = read_again();
        auto rules = configuration ? read_rules(*configuration, *world_->clock)
                                   : Checked<Rules>{fail(Problem{configuration.error()})};
        if (!rules) {
            world_->log(Priority::error, "reload.refused " + rules.error().text());
        } else {
            say_remarks(*rules);
            guard_->adopt(std::move(rules->policy), examine::Judge{std::move(rules->demands)},
                          rules->digests);
        }
        (void)sd_notify(0, "READY=1");
    }

    void reauthenticate(const std::string& device, const FileAbi::Actions::Done& done) {
        const bool known =
            guard_->examine(device, [done](const examine::Visited& visited, const Device& its) {
                done(its.verdict ? errno_of(visited, *its.verdict) : ENODEV);
            });
        if (!known) done(ENODEV);
    }

    Result<evidence::Record> load(const RecordPlace& place) {
        auto bundle = TRY(memory_->evidence(place.evidence));
        if (place.record >= bundle.records.size()) return fail(Errc::not_found, "record");
        return std::move(bundle.records[place.record]);
    }

    void say_remarks(const Rules& rules) const {
        for (const auto& remark : rules.remarks) world_->log(Priority::warning, remark);
    }

    const World* world_;
    Configuration configuration_;
    drive::Loop loop_;
    host::NodeTree published_;
    std::unique_ptr<host::FileTree> sys_;
    std::unique_ptr<Log> log_;
    std::unique_ptr<DurableMemory> memory_;
    std::unique_ptr<host::UeventSource> uevents_;
    std::optional<host::Signals> signals_;
    std::optional<host::SleepWatch> sleep_;
    std::optional<FileAbi> files_;
    std::optional<Publisher> publisher_;
    Metrics metrics_;
    std::optional<host::Audit> audit_;
    std::optional<AuditTrail> audit_trail_;
    std::optional<host::TextListener> listener_;
    std::unique_ptr<Bus> bus_;
    Audiences audiences_;
    std::optional<Guard> guard_;
    std::unique_ptr<host::FuseMount> mount_;
    std::vector<std::unique_ptr<drive::Task>> tasks_;
    bool stop_ = false;
    bool reload_ = false;
    bool expected_ = false;  // logind said that the machine falls asleep
};

tlog::TreeHash sha_256(ByteView bytes) {
    tlog::TreeHash hash{};
    std::ranges::copy(crypto::digest(crypto::Hash::sha_256, bytes).view(), hash.begin());
    return hash;
}

/// Of the anchors and of what their authorities revoked; all zero if nobody is trusted.
tlog::TreeHash digest_of(const trust::Anchors& anchors) {
    if (anchors.empty()) return {};
    std::vector<Bytes> each;
    each.reserve(anchors.size() + anchors.revocations().size() + anchors.answers().size());
    for (std::size_t n = 0; n < anchors.size(); ++n) {
        each.push_back(to_bytes(anchors.certificates()[n].fingerprint(crypto::Hash::sha_256).view()));
        for (const auto vendor : anchors.vendors(n)) {
            each.back().push_back(static_cast<std::byte>(vendor >> 8U));
            each.back().push_back(static_cast<std::byte>(vendor & 0xffU));
        }
    }
    for (const auto& one : anchors.revocations())
        each.push_back(to_bytes(one.fingerprint(crypto::Hash::sha_256).view()));
    for (const auto& one : anchors.answers())
        each.push_back(to_bytes(one.fingerprint(crypto::Hash::sha_256).view()));
    std::ranges::sort(each);
    Bytes all;
    for (const auto& one : each) append(all, one);
    return sha_256(all);
}

Checked<policy::Policy> read_policy(const Configuration& configuration, Rules& rules) {
    auto& remarks = rules.remarks;
    std::error_code ignored;
    if (!std::filesystem::exists(configuration.policy, ignored)) {
        const std::string missing = "there is no policy: every device would be kept out";
        if (configuration.settings.enforce)
            return fail(Problem{.where = configuration.policy,
                                .line = 0,
                                .field = {},
                                .message = missing,
                                .remedy = "busguard policy generate makes one from what is here"});
        remarks.push_back(configuration.policy + ": " + missing);
        return policy::Policy{};
    }
    const auto text = TRY(host::read_file(configuration.policy));
    auto policy = TRY(policy::policy_from_toml(as_text(text), configuration.policy));
    rules.digests.policy = sha_256(text);
    for (const auto& warning : policy::warnings(policy, configuration.policy))
        remarks.push_back(warning.text());
    return policy;
}

}  // namespace

Checked<Rules> read_rules(const Configuration& configuration, const Clock& clock) {
    Rules rules;
    rules.policy = TRY(read_policy(configuration, rules));
    auto& standard = rules.demands.standard;
    std::error_code ignored;
    for (const auto& path : configuration.anchors) {
        const auto place = examine::path_of(path);
        if (place.empty() || std::filesystem::exists(place, ignored))
            if (auto added = examine::add_anchors(standard.anchors, path); !added) {
                // An empty directory is how it is installed; a file that holds no certificate is a mistake.
                // So is a machine without such a variable.
                if (!examine::may_be_missing(path) && !std::filesystem::is_directory(place, ignored))
                    return fail(Problem{added.error()});
                rules.remarks.push_back(added.error().text());
            }
    }
    if (standard.anchors.empty()) rules.remarks.emplace_back("no root certificate is trusted");
    rules.digests.anchors = digest_of(standard.anchors);
    for (const auto& path : configuration.references) {
        auto read = TRY(examine::read_references(path, standard.anchors));
        std::ranges::move(read.references, std::back_inserter(rules.demands.references));
        std::ranges::move(read.remarks, std::back_inserter(rules.remarks));
    }
    standard.require_measurements = !rules.demands.references.empty();
    standard.profile = configuration.profile;
    standard.minimum_version = configuration.minimum_version;
    if (configuration.require_revocation) standard.revocation = appraisal::Standard::Revocation::require;
    if (configuration.ignore_dates) standard.time_policy = appraisal::Standard::TimePolicy::ignore;
    rules.demands.profiles = configuration.profiles;
    rules.demands.clock = &clock;
    return rules;
}

Checked<void> serve(const World& world, const Configuration& configuration,
                    const std::function<Checked<Configuration>()>& read_again) {
    Service service{world, configuration};
    TRY(service.start());
    service.run(read_again);
    return {};
}

}  // namespace busguard::daemon
