#include "daemon/guard.h"

#include "daemon/examination.h"
#include "host/ownership.h"
#include "host/pci.h"
#include "host/pci_driver.h"

#include <algorithm>
#include <array>

/// What the guard takes notice of: the inventory and events. How it examines is in guard_examine.cpp, what
/// follows in guard_decide.cpp.
namespace busguard::daemon {
namespace {

constexpr std::string_view pci_bus = "pci/";

/// Of all that is told, what bears on who is trusted: it is in the log too (logbook::Change), beside
/// verdicts.
bool is_logged(std::string_view event) {
    constexpr std::array<std::string_view, 7> all{"guard.started",   "guard.stopped",      "policy.loaded",
                                                  "owner.connected", "owner.disconnected", "owner.refused",
                                                  "device.swapped"};
    return std::ranges::find(all, event) != all.end();
}

}  // namespace

Guard::Guard(Parts parts, Settings settings, policy::Policy policy, examine::Judge judge,
             const InForce& in_force)
    : parts_{std::move(parts)},
      settings_{settings},
      policy_{std::move(policy)},
      judge_{std::make_shared<const examine::Judge>(std::move(judge))},
      gate_{*parts_.sys},
      around_{.tree = parts_.sys,
              .clock = parts_.clock,
              .entropy = parts_.entropy,
              .locks = parts_.locks,
              .recorded_by = parts_.recorded_by} {
    parts_.memory->in_force(in_force);
}

Guard::~Guard() = default;

Result<void> Guard::start() {
    for (auto& its : TRY(parts_.memory->recall())) {
        if (its.boot != parts_.boot) forget_acceptance(its);
        recalled_[its.device] = std::move(its);
    }
    tell("guard.started", nullptr, {}, settings_.enforce ? "enforcing" : "observing");
    tell("policy.loaded", nullptr);
    if (settings_.enforce) TRY(gate_.close());
    TRY(take_inventory(Cause::start));
    parts_.loop->add(*this);
    return {};
}

void Guard::stop() {
    stopped_ = true;
    const bool opens = settings_.enforce && settings_.open_on_stop;
    tell("guard.stopped", nullptr, {}, opens ? "the gate is open" : "");
    if (opens) (void)gate_.open();
}

std::optional<drive::Wake> Guard::resume(Time now) {
    if (stopped_) return std::nullopt;
    take_events(now);
    const bool deaf = deaf_ || parts_.uevents->descriptor() < 0;
    if (deaf && now >= next_rescan_) {
        // What cannot be listed now is looked at again the next time; nothing is forgotten for it.
        (void)take_inventory(Cause::appeared);
        next_rescan_ = now + settings_.rescan;
    }
    conclude_finished(now);
    begin_what_is_due(now);

    auto next = deaf ? next_rescan_ : Time::max();
    if (!finished_.empty()) next = std::min(next, conclude_at_);
    const bool room = running_.size() < settings_.side_by_side;
    for (const auto& [device, plan] : plans_)
        if (plan.due && plan.running == nullptr && room) next = std::min(next, *plan.due);
    return drive::Wake{next, deaf ? -1 : parts_.uevents->descriptor()};
}

bool Guard::is_quiet() const {
    const auto now = parts_.clock->now();
    const bool pending = pending_.lost || !pending_.events.empty();
    return !pending && running_.empty() && finished_.empty() &&
           std::ranges::none_of(plans_, [&](const auto& one) {
               return one.second.due && *one.second.due <= now + settings_.quiet_most;
           });
}

Result<void> Guard::take_inventory(Cause cause) {
    const auto now = parts_.clock->now();
    const auto addresses = TRY(parts_.sys->list("bus/pci/devices"));
    std::vector<std::string> gone;
    for (const auto& [name, device] : devices_)
        if (std::ranges::find(addresses, device.address) == addresses.end()) gone.push_back(name);
    for (const auto& name : gone) vanish(name);
    for (const auto& address : addresses) {
        if (!host::is_pci_address(address)) continue;
        const auto known = devices_.find(std::string{pci_bus} + address);
        if (known == devices_.end()) {
            appear(address, cause, now);
        } else {
            look_again(known->second, now);
        }
    }
    return {};
}

void Guard::fetch_events() {
    auto taken = parts_.uevents->take();
    if (!taken) {
        // Whatever happens from now on has to be looked for, until events can be had again.
        if (!std::exchange(deaf_, true)) {
            tell("events.failed", nullptr, {}, std::string{taken.error().what});
            pending_.lost = true;
        }
        return;
    }
    if (std::exchange(deaf_, false)) pending_.lost = true;
    std::ranges::move(taken->events, std::back_inserter(pending_.events));
    pending_.lost = pending_.lost || taken->lost;
}

/// Has something happened to it that nobody has looked at yet?
bool Guard::has_events(const Device& device) {
    fetch_events();
    if (!pending_.events.empty() || pending_.lost) parts_.loop->wake(*this);
    return pending_.lost || std::ranges::any_of(pending_.events, [&](const host::Uevent& event) {
               return event.name() == device.address;
           });
}

void Guard::take_events(Time now) {
    fetch_events();
    const auto taken = std::exchange(pending_, {});
    for (const auto& event : taken.events) on_event(event, now);
    if (!taken.lost) return;
    tell("events.lost", nullptr, {}, "looking at every device again");
    (void)take_inventory(Cause::appeared);
    // Anything may have happened to those that are still there.
    for (auto& [name, device] : devices_) {
        plans_[name].generation = ++generations_;
        plan(device, Cause::changed, now);
    }
}

void Guard::on_event(const host::Uevent& event, Time now) {
    if (event.subsystem == "tsm") on_tsm_event(now);
    if (event.subsystem == "drivers" && event.action == "add") on_new_driver(now);
    if (event.subsystem == "pci" && host::is_pci_address(event.name())) on_device_event(event, now);
}

/// Each device whose owner may be another now; at once, for a TSM that comes must not find us speaking.
void Guard::on_tsm_event(Time now) {
    for (auto& [name, device] : devices_) {
        if (device.owner.kind != owner::Owner::Kind::tsm && !wants_tsm(device)) continue;
        plans_[name].generation = ++generations_;
        plan(device, Cause::owner, now);
    }
}

/// With the gate closed a new driver does not look for devices itself.
void Guard::on_new_driver(Time now) {
    for (auto& [name, device] : devices_)
        if (settings_.enforce && device.standing == Standing::let_in && device.driver.empty())
            plan_quiet(device, Cause::changed, now);
}

void Guard::on_device_event(const host::Uevent& event, Time now) {
    const auto name = std::string{pci_bus} + std::string{event.name()};
    const auto found = devices_.find(name);
    if (found == devices_.end()) {
        if (event.action == "add") appear(std::string{event.name()}, Cause::appeared, now);
        return;
    }
    auto& device = found->second;
    if (event.action == "remove") {
        vanish(name);
    } else if (event.action == "bind" || event.action == "unbind") {
        look_again(device, now);
    } else if (event.action == "add") {
        // Of one that is known (a lost `remove`, udevadm trigger): look whether it is the same.
        plans_[name].generation = ++generations_;
        plan_quiet(device, Cause::changed, now);
    } else if (event.action == "change") {
        // An error that needed no recovery (host/aer_events.h) leaves sessions as they are.
        const auto error = event.property("ERROR_EVENT");
        on_change(device, !error.empty() && error != "UNCORRECTED", now);
    }
}

void Guard::on_change(Device& device, bool recovers, Time now) {
    auto& its = plans_[device.name];
    its.generation = ++generations_;
    // Whatever the outcome: its SPDM state is gone, and with it a TSM's session (encryption.md 6.2).
    if (recovers && device.owner.kind == owner::Owner::Kind::tsm) its.stale_tsm = device.owner.tsm;
    plan_quiet(device, recovers ? Cause::recovered : Cause::changed, now);
}

void Guard::appear(const std::string& address, Cause cause, Time now) {
    Device device{.name = std::string{pci_bus} + address, .address = address};
    device.place = host::place_of(*parts_.sys, address);
    device.location = host::location_of(*parts_.sys, address);
    device.physical = host::physical_function(*parts_.sys, address);
    device.driver = host::bound_driver(*parts_.sys, address);
    if (const auto its = host::pci_device(*parts_.sys, address)) device.pci = its->identity;
    device.cause = cause;
    if (const auto known = recalled_.find(device.name); known != recalled_.end()) {
        device.remembered = std::move(known->second);
        recalled_.erase(known);
    }
    device.remembered.device = device.name;
    if (cause != Cause::start) forget_acceptance(device.remembered);

    const bool ours = device.remembered.let_in;
    device.bound_before = !device.driver.empty() && (!ours || device.remembered.bound_before);
    auto& held = devices_[device.name] = std::move(device);
    auto& its = plans_[held.name] = Plan{};
    its.generation = ++generations_;
    tell("device.appeared", &held);

    const bool quarantined = !held.remembered.quarantine.empty();
    if (quarantined) held.standing = Standing::quarantined;
    if (settings_.enforce && !held.driver.empty() && !is_bridge(held)) {
        // With the gate closed nobody could have got it: this kernel binds all the same (before 6.19 on
        // hotplug).
        const bool leaked = held.bound_before && cause != Cause::start;
        if (leaked)
            tell("device.window", &held, "device.bound-before-policy", held.driver + " had it at once");
        if (leaked || quarantined || (held.bound_before && settings_.take_back)) take_away(held);
    } else if (settings_.enforce && quarantined) {
        take_away(held);
    }
    // Of virtual functions many come at once: not while the kernel still makes them.
    if (held.physical.empty())
        plan(held, cause, now);
    else if (cause == Cause::start)
        decide_virtual_function(held, now);
    else
        plan_quiet(held, cause, now);
}

void Guard::vanish(const std::string& name) {
    const auto found = devices_.find(name);
    if (found == devices_.end()) return;
    auto device = std::move(found->second);
    auto its = std::move(plans_[name]);
    devices_.erase(found);
    plans_.erase(name);
    // Whatever is plugged in there next is another device. A quarantine stays with the place.
    forget_acceptance(device.remembered);
    remember(device);
    recalled_[name] = device.remembered;
    device.standing = Standing::waiting;
    examine::Visited visited{.device = name, .pci = device.pci, .driver = {}, .bundle = {}, .without = {}};
    visited.without = examine::verdict_without({Errc::not_found, "device"});
    for (const auto& answer : its.answers) answer(visited, device);
    parts_.audience->gone(device);
    tell("device.gone", &device);
}

/// What changed without an examination: which driver has it, and on buses without events whether it is
/// another.
void Guard::look_again(Device& device, Time now) {
    auto driver = host::bound_driver(*parts_.sys, device.address);
    const auto pci = host::pci_device(*parts_.sys, device.address);
    if (pci && device.pci && pci->identity != *device.pci) {
        plans_[device.name].generation = ++generations_;
        plan(device, Cause::changed, now);
    }
    if (driver == device.driver) return;
    device.driver = std::move(driver);
    if (device.driver.empty()) {
        device.bound_before = false;
    } else if (settings_.enforce && device.standing != Standing::let_in && !device.bound_before &&
               !is_bridge(device)) {
        tell("device.window", &device, "device.bound-before-policy",
             device.driver + " got it although it is not let in");
        take_away(device);
    } else if (device.standing == Standing::let_in) {
        // Somebody bound it by hand: is it still the one that was let in?
        plans_[device.name].generation = ++generations_;
        plan(device, Cause::bound, now);
    } else if (!settings_.enforce) {
        device.bound_before = true;
    }
    parts_.audience->changed(device);
}

void Guard::plan(const Device& device, Cause cause, Time when) {
    auto& its = plans_[device.name];
    // An examination that has to show the same device is not weakened by one that need not.
    if (!its.due || !is_strict(its.cause)) its.cause = cause;
    its.due = its.due ? std::min(*its.due, when) : when;
}

void Guard::plan_quiet(const Device& device, Cause cause, Time now) {
    auto& its = plans_[device.name];
    if (!its.first_event) its.first_event = now;
    if (!its.due || !is_strict(its.cause)) its.cause = cause;
    its.due = std::min(now + settings_.quiet, *its.first_event + settings_.quiet_most);
}

bool Guard::examine(std::string_view device, Answer answer) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) return false;
    plans_[found->first].answers.push_back(std::move(answer));
    plan(found->second, Cause::requested, parts_.clock->now());
    parts_.loop->wake(*this);
    return true;
}

void Guard::falls_asleep() {
    for (auto& [name, its] : plans_) its.generation = ++generations_;
}

void Guard::woke_up() {
    const auto now = parts_.clock->now();
    for (auto& [name, device] : devices_) {
        auto& its = plans_[name];
        its.generation = ++generations_;
        if (device.owner.kind == owner::Owner::Kind::tsm) its.stale_tsm = device.owner.tsm;
        plan(device, Cause::resumed, now);
    }
    parts_.loop->wake(*this);
}

void Guard::adopt(policy::Policy policy, examine::Judge judge, const InForce& in_force) {
    parts_.memory->in_force(in_force);
    policy_ = std::move(policy);
    judge_ = std::make_shared<const examine::Judge>(std::move(judge));
    const auto now = parts_.clock->now();
    for (auto& [name, device] : devices_) {
        plans_[name].generation = ++generations_;  // what is under way was asked under the old demands
        plan(device, Cause::reloaded, now);
    }
    tell("policy.loaded", nullptr);
    parts_.loop->wake(*this);
}

Result<void> Guard::release(std::string_view device) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) return fail(Errc::not_found, "device");
    if (found->second.remembered.quarantine.empty()) return fail(Errc::unexpected, "quarantine");
    return start_anew(found->second, "device.released", [](Remembered& its) { its.quarantine.clear(); });
}

Result<void> Guard::claim(std::string_view device) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) return fail(Errc::not_found, "device");
    const auto facts = TRY(host::ownership_facts(*parts_.sys, found->second.address));
    if (!facts.connected.empty()) return fail(Errc::owned, "tsm/connect");
    if (!found->second.remembered.once_tsm) return fail(Errc::unexpected, "owner");
    return start_anew(found->second, "device.claimed", [](Remembered& its) { its.once_tsm = false; });
}

/// What an operator did is written down before it is done.
Result<void> Guard::start_anew(Device& device, std::string_view event,
                               const std::function<void(Remembered&)>& change) {
    const Note note = logbook::Change{.what = std::string{event}, .device = device.name};
    TRY(parts_.memory->write_down({&note, 1}));
    auto its = device.remembered;
    change(its);
    forget_acceptance(its);
    TRY(parts_.memory->remember({&its, 1}));
    device.remembered = std::move(its);
    if (device.standing != Standing::let_in) device.standing = Standing::waiting;
    parts_.audience->happened({.name = event, .device = &device, .reason = {}, .detail = {}});
    parts_.audience->changed(device);
    plan(device, Cause::requested, parts_.clock->now());
    parts_.loop->wake(*this);
    return {};
}

void Guard::tell(std::string_view event, const Device* device, std::string_view reason,
                 std::string detail) const {
    if (is_logged(event)) {
        const Note note = logbook::Change{.what = std::string{event},
                                          .device = device == nullptr ? std::string{} : device->name,
                                          .reason = std::string{reason},
                                          .detail = detail};
        write_down({&note, 1}, device);
    }
    parts_.audience->happened(
        {.name = event, .device = device, .reason = reason, .detail = std::move(detail)});
}

/// False, and that is told: nobody will read it.
bool Guard::write_down(std::span<const Note> notes, const Device* device) const {
    const auto done = parts_.memory->write_down(notes);
    if (!done)
        parts_.audience->happened({.name = "store.failed",
                                   .device = device,
                                   .reason = "store.failed",
                                   .detail = std::string{done.error().what}});
    return static_cast<bool>(done);
}

}  // namespace busguard::daemon
