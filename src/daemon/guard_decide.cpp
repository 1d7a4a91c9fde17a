#include "daemon/guard.h"
#include "examine/subject.h"
#include "host/pci.h"
#include "host/pci_driver.h"
#include "trust/profile.h"

#include <algorithm>
#include <array>

/// What follows from an examination: the policy's decision, and what is done about drivers.
namespace busguard::daemon {
namespace {

policy::Subject subject_of(const Device& device) {
    policy::Subject subject{.device = device.name, .pci = device.pci, .place = device.place};
    subject.location = device.location;
    subject.virtual_function = !device.physical.empty();
    subject.bound_before = device.bound_before;
    subject.owner = device.owner.text();
    if (!device.verdict) return subject;
    examine::tell_verdict(subject, *device.verdict, device.signer, device.measurements);
    return subject;
}

}  // namespace

std::vector<owner::Owner> Guard::wanted_owners(const Device& device) const {
    std::vector<owner::Owner> owners;
    for (const auto& text : policy::preferred_owners(policy_, subject_of(device)).owners)
        if (auto owner = owner::Owner::parse(text)) owners.push_back(*std::move(owner));
    return owners;
}

bool Guard::wants_tsm(const Device& device) const {
    return std::ranges::any_of(wanted_owners(device),
                               [](const owner::Owner& one) { return one.kind == owner::Owner::Kind::tsm; });
}

/// Its driver, which had it before anybody could look, is off it, and no rule of the operator's wanted that.
bool Guard::begins_anew(const Device& device) const {
    return settings_.enforce && !device.bound_before && device.decision->rule == policy::implicit;
}

void Guard::decide(Device& device) const {
    auto& its = device.decision.emplace(policy::decide(policy_, subject_of(device)));
    const auto instead = [&](policy::Ruling ruling, std::string_view rule) {
        its.ruling = ruling;
        its.rule = rule;
    };
    // The rules for newcomers do not apply.
    if (!device.remembered.quarantine.empty())
        instead(policy::Ruling::quarantine, "implicit-quarantined");
    else if (is_another(device))
        instead(policy::Ruling::quarantine, "implicit-same-device");
    else if (device.verdict->primary != nullptr && device.verdict->primary->code == "store.failed")
        instead(policy::Ruling::deny, "implicit-not-kept");
}

void Guard::act(const Ended& ended, Time now) {
    auto& device = *ended.device;
    auto& its = plans_[device.name];
    const auto& verdict = *device.verdict;

    const bool out_at_once =
        is_strict(device.cause) && verdict.primary != nullptr && verdict.primary->code != "owner.other";
    if (is_transient(verdict) && its.retry < settings_.retries.size()) {
        plan(device, Cause::retried, now + settings_.retries.at(its.retry++));
        // A device in use keeps its driver meanwhile; one that has to show that it is the same does not.
        const bool in_use = device.standing == Standing::let_in ||
                            (device.standing == Standing::waiting && device.bound_before);
        if (in_use && !out_at_once) return;
    } else {
        if (!is_transient(verdict)) its.retry = 0;
        plan_next(device, now);
    }

    const auto why = [&]() -> std::string {
        if (!device.remembered.quarantine.empty()) return device.remembered.quarantine;
        return std::string{verdict.primary == nullptr ? "policy.quarantine" : verdict.primary->code};
    };
    switch (device.decision->ruling) {
        case policy::Ruling::allow: admit(device, ended.visited, ended.generation, now); break;
        case policy::Ruling::deny: {
            const bool had_it_before = device.bound_before;
            refuse(device, {});
            // No rule took it with a driver on it; without one it is a device like any other.
            if (had_it_before && begins_anew(device)) plan(device, device.cause, now);
            break;
        }
        case policy::Ruling::quarantine: refuse(device, why()); break;
    }
    for (auto& [name, other] : devices_)
        if (other.physical == device.address) decide_virtual_function(other, now);
}

/// Something was accepted here, and this is not it: another identity or key, or it fails where only the
/// device can be the cause. By new demands, what was accepted yesterday may fail today, and that is for the
/// policy.
bool Guard::is_another(const Device& device) {
    if (!was_accepted(device.remembered) || device.verdict->state != appraisal::State::failed) return false;
    return device.cause != Cause::reloaded ||
           std::ranges::any_of(device.verdict->checks, [](const Check& check) {
               return check.outcome == Outcome::fail && check.reason == "device.changed";
           });
}

/// A virtual function has nothing to say for itself: it is what its physical function is.
void Guard::decide_virtual_function(Device& device, Time now) {
    const auto physical = devices_.find("pci/" + device.physical);
    if (physical == devices_.end() || !physical->second.verdict) return;
    const auto& its = physical->second;
    // But for what its physical function's driver did.
    auto checks = its.verdict->checks;
    std::erase_if(checks, [](const Check& check) { return check.name == "device.bound-before"; });
    device.verdict = appraisal::concluded(std::move(checks));
    hold_bound_before(device, *device.verdict);
    device.signer = its.signer;
    device.measurements = its.measurements;
    device.owner = its.owner;
    device.judged_at = its.judged_at;
    device.decision = policy::decide(policy_, subject_of(device));
    if (its.standing == Standing::let_in && device.decision->ruling == policy::Ruling::allow) {
        let_in(device, now);
    } else {
        const bool had_it_before = device.bound_before;
        refuse(device, {});
        if (had_it_before && begins_anew(device)) return decide_virtual_function(device, now);
    }
    parts_.audience->changed(device);
}

/// Directly after the examination, and only if nothing happened to the device since it began.
void Guard::admit(Device& device, const examine::Visited& visited, std::uint64_t generation, Time now) {
    if (plans_[device.name].generation != generation || has_events(device)) return;  // it is planned again
    if (settings_.enforce && visited.pci) {
        const auto pci = host::pci_device(*parts_.sys, device.address);
        if (!pci || pci->identity != *visited.pci) {
            tell("device.swapped", &device, "device.changed", "between its examination and its driver");
            auto checks = std::move(device.verdict->checks);
            checks.push_back(failed("device.same", "device.changed", "another identity"));
            device.verdict = appraisal::concluded(std::move(checks));
            refuse(device, "device.changed");
            return;
        }
    }
    let_in(device, now);
}

void Guard::let_in(Device& device, Time now) {
    auto& its = device.remembered;
    its.let_in = true;
    its.bound_before = device.bound_before;
    its.identity = device.pci ? trust::cma_name(*device.pci) : std::string{};
    its.key = device.signer ? device.signer->key : std::string{};
    its.boot = parts_.boot;
    // Before it is done: who is killed in between finds it written, and examines it again before anything
    // else.
    if (!remember(device) && settings_.enforce) {
        device.verdict = appraisal::verdict_of(appraisal::reason("store.failed"), {});
        refuse(device, {});
        return;
    }
    const auto before = std::exchange(device.standing, Standing::let_in);
    if (settings_.enforce && device.physical.empty())
        if (const auto kept = gate_.keep_from_virtual(device.address); !kept)
            tell("device.cannot-keep-out", &device, {}, std::string{kept.error().what});
    if (settings_.enforce && device.driver.empty()) {
        auto driver = gate_.let_in(device.address, its.override_before);
        if (!driver) {
            tell("device.cannot-bind", &device, {}, std::string{driver.error().what});
        } else {
            device.driver = *std::move(driver);
        }
        // Whoever exchanged it in that moment has to show the key now.
        if (!device.driver.empty() && device.physical.empty()) plan(device, Cause::bound, now);
    }
    if (before != Standing::let_in) tell("device.let-in", &device);
}

void Guard::refuse(Device& device, std::string_view quarantine) {
    auto& its = device.remembered;
    const std::string why{quarantine};
    its.let_in = its.bound_before = false;  // what was accepted stays: who shows up here later is held to it
    its.quarantine = why;
    if (settings_.enforce)
        if (auto others = gate_.others_override(device.address); !others.empty())
            its.override_before = std::move(others);
    remember(device);
    const auto standing = why.empty() ? Standing::kept_out : Standing::quarantined;
    const auto before = std::exchange(device.standing, standing);
    const bool had_driver = !device.driver.empty();
    if (settings_.enforce) take_away(device);
    if (before == standing && !(settings_.enforce && had_driver)) return;
    const auto code = !device.verdict || device.verdict->primary == nullptr ? std::string_view{}
                                                                            : device.verdict->primary->code;
    tell(why.empty() ? "device.kept-out" : "device.quarantined", &device, code);
}

void Guard::take_away(Device& device) {
    if (const auto done = gate_.keep_out(device.address); !done && done.error().code != Errc::not_found)
        tell("device.cannot-keep-out", &device, {}, std::string{done.error().what});
    device.driver = host::bound_driver(*parts_.sys, device.address);
    if (device.driver.empty()) device.bound_before = false;
}

bool Guard::remember(const Device& device) {
    const auto done = parts_.memory->remember({&device.remembered, 1});
    if (!done) tell("store.failed", &device, "store.failed", std::string{done.error().what});
    return static_cast<bool>(done);
}

/// The policy's interval, give or take a tenth: a thousand devices do not come at once.
void Guard::plan_next(Device& device, Time now) {
    if (!device.decision->reauthenticate) return;
    const Time interval = *device.decision->reauthenticate;
    std::array<std::byte, 2> random{};
    (void)parts_.entropy->fill(random);
    const int number = std::to_integer<int>(random[0]) << 8 | std::to_integer<int>(random[1]);
    const int per_mille = (number % 201) - 100;
    plan(device, Cause::scheduled, now + interval + (interval / 1000 * per_mille));
}

}  // namespace busguard::daemon
