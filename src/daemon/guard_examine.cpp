#include "appraisal/reason.h"
#include "base/parallel.h"
#include "daemon/examination.h"
#include "daemon/guard.h"
#include "examine/subject.h"
#include "host/ownership.h"
#include "host/pci_driver.h"
#include "trust/profile.h"

#include <algorithm>
#include <cerrno>

/// How the guard examines: who may speak, side by side, evidence first, then judgement.
namespace busguard::daemon {
namespace {

constexpr int most_owner_steps = 8;  // connect, lose the race, look again …: it ends

appraisal::Verdict verdict(std::string_view code, std::string detail = {}) {
    return appraisal::verdict_of(appraisal::reason(code), std::move(detail));
}

examine::Visited without(const Device& device, appraisal::Verdict verdict) {
    return {.device = device.name,
            .pci = device.pci,
            .driver = device.driver,
            .bundle = {},
            .without = std::move(verdict)};
}

logbook::Verdict verdict_note(const Device& device, EvidenceIndex evidence, bool enforcing) {
    const auto& its = *device.verdict;
    logbook::Verdict note{.device = device.name,
                          .evidence = evidence,
                          .cause = std::string{name(device.cause)},
                          .state = std::string{name(its.state)},
                          .owner = device.owner.text(),
                          .ruling = std::string{name(device.decision->ruling)},
                          .rule = device.decision->rule,
                          .enforcing = enforcing};
    if (its.primary != nullptr) note.reason = its.primary->code;
    for (const auto& check : its.checks)
        if (check.outcome == Outcome::fail) note.failed.emplace_back(check.reason);
    return note;
}

}  // namespace

void Guard::begin_what_is_due(Time now) {
    std::vector<Ended> ended;
    for (auto& [name, its] : plans_) {
        if (running_.size() >= settings_.side_by_side) break;
        if (!its.due || *its.due > now || its.running != nullptr) continue;
        if (auto at_once = begin(devices_.at(name), now)) ended.push_back(*std::move(at_once));
    }
    conclude(std::move(ended), now);
}

/// An examination that is over before it began: nobody may speak.
std::optional<Guard::Ended> Guard::begin(Device& device, Time now) {
    auto& its = plans_[device.name];
    its.due.reset();
    its.first_event.reset();
    device.cause = its.cause;
    if (!device.physical.empty()) {
        decide_virtual_function(device, now);
        return std::nullopt;
    }
    if (auto nobody = negotiate(device))
        return Ended{.device = &device,
                     .visited = without(device, *nobody),
                     .judged = {.verdict = *nobody},
                     .generation = its.generation,
                     .answers = std::exchange(its.answers, {})};
    auto made = std::make_unique<Examination>(*this, around_, device, its);
    made->answers = std::exchange(its.answers, {});
    its.running = made.get();
    parts_.loop->add(*made);
    running_.emplace(its.running, std::move(made));
    return std::nullopt;
}

/// Nothing: busguard may speak, itself or by way of the kernel. Else why not.
std::optional<appraisal::Verdict> Guard::negotiate(Device& device) {
    using Act = owner::Step::Act;
    auto& its = plans_[device.name];
    owner::Situation situation;
    situation.wanted = wanted_owners(device);
    for (int n = 0; n < most_owner_steps; ++n) {
        auto facts = host::ownership_facts(*parts_.sys, device.address);
        if (!facts) return examine::verdict_without(facts.error());
        situation.facts = *std::move(facts);
        device.owner = owner::owner_by(situation.facts);
        if (device.owner.kind == owner::Owner::Kind::tsm && !device.remembered.once_tsm) {
            device.remembered.once_tsm = true;
            remember(device);
        }
        situation.stale = its.stale_tsm;
        situation.once_tsm = device.remembered.once_tsm;
        const auto step = owner::next_step(situation);
        switch (step.act) {
            case Act::speak:
                device.owner = {.kind = owner::Owner::Kind::native, .tsm = {}};
                return std::nullopt;
            case Act::observe:
                if (step.reason == "owner.kernel") return std::nullopt;  // by way of it
                return verdict(step.reason, step.tsm);
            case Act::keep_out: return verdict(step.reason, step.tsm);
            case Act::connect: {
                if (!settings_.enforce) return verdict("owner.waiting", step.tsm + " would be asked");
                const auto done = host::connect_tsm(*parts_.sys, device.address, step.tsm);
                if (done) {
                    its.stale_tsm.clear();
                    tell("owner.connected", &device, {}, step.tsm);
                } else if (done.error().detail != EBUSY) {  // EBUSY: somebody was faster; look who
                    tell("owner.refused", &device, {}, step.tsm);
                    situation.refused.push_back(step.tsm);
                }
                break;
            }
            case Act::disconnect: {
                if (!settings_.enforce) return verdict("owner.stale", step.tsm);
                const auto done = host::disconnect_tsm(*parts_.sys, device.address, step.tsm);
                if (!done && done.error().detail != ENXIO) return verdict("owner.stale", step.tsm);
                its.stale_tsm.clear();
                tell("owner.disconnected", &device, "owner.stale", step.tsm);
                break;
            }
        }
    }
    return verdict("owner.waiting", "the owner changes all the time");
}

void Guard::finished(Examination& examination) {
    if (finished_.empty()) conclude_at_ = parts_.clock->now() + settings_.gather;
    finished_.push_back(&examination);
    parts_.loop->wake(*this);
}

void Guard::conclude_finished(Time now) {
    if (finished_.empty()) return;
    const bool others = finished_.size() < running_.size();
    if (others && now < conclude_at_) return;
    std::vector<std::unique_ptr<Examination>> done;
    for (const auto* one : std::exchange(finished_, {}))
        done.push_back(std::move(running_.extract(one).mapped()));
    std::ranges::sort(done, {}, [](const auto& one) { return one->device(); });
    std::vector<examine::Visited> visits;
    visits.reserve(done.size());
    for (auto& one : done) visits.push_back(one->take());
    auto judged = keep_and_judge(visits);
    std::vector<Ended> ended;
    for (std::size_t n = 0; n < done.size(); ++n)
        if (auto its = take_up(*done[n], std::move(visits[n]), std::move(judged[n]), now))
            ended.push_back(*std::move(its));
    conclude(std::move(ended), now);
}

/// Evidence first: what nobody keeps, nobody judges.
std::vector<Guard::Judged> Guard::keep_and_judge(const std::vector<examine::Visited>& visits) {
    std::vector<const evidence::Bundle*> bundles;
    for (const auto& visited : visits)
        if (visited.bundle) bundles.push_back(&*visited.bundle);
    const auto kept = parts_.memory->keep(bundles);
    if (!kept) tell("store.failed", nullptr, "store.failed", std::string{kept.error().what});
    auto verdicts =
        kept ? (*judge_)(visits) : std::vector<appraisal::Verdict>(visits.size(), verdict("store.failed"));
    std::vector<Judged> judged(visits.size());
    in_parallel(visits.size(), [&](std::size_t n) {
        judged[n].verdict = std::move(verdicts[n]);
        if (!visits[n].bundle) return;
        judged[n].signer = judge_->signer_of(*visits[n].bundle);
        judged[n].measurements = examine::measurements_of(*visits[n].bundle);
    });
    if (!kept) return judged;
    auto index = kept->begin();
    for (std::size_t n = 0; n < visits.size(); ++n) {
        if (!visits[n].bundle) continue;
        judged[n].evidence = *index++;
        if (!judged[n].evidence) judged[n].verdict = verdict("store.failed", "it said too much");
    }
    return judged;
}

std::optional<Guard::Ended> Guard::take_up(Examination& examination, examine::Visited visited, Judged judged,
                                           Time now) {
    const auto found = devices_.find(examination.device());
    // It may have gone, and another may be there by now, which has an examination of its own.
    if (found == devices_.end() || plans_[found->first].running != &examination) {
        answer_gone(examination, visited);
        return std::nullopt;
    }
    auto& device = found->second;
    auto& its = plans_[device.name];
    its.running = nullptr;
    device.cause = examination.cause();
    auto answers = std::move(examination.answers);
    if (its.generation != examination.generation()) {
        // Something happened to it meanwhile: this says nothing of what is there now.
        std::ranges::move(answers, std::back_inserter(its.answers));
        if (!its.due) plan_quiet(device, is_strict(device.cause) ? device.cause : Cause::changed, now);
        return std::nullopt;
    }
    return Ended{.device = &device,
                 .visited = std::move(visited),
                 .judged = std::move(judged),
                 .generation = examination.generation(),
                 .answers = std::move(answers)};
}

/// Weighed, written down, and only then acted upon.
void Guard::conclude(std::vector<Ended> ended, Time now) {
    for (auto& its : ended) weigh(its);
    write_down(ended);
    for (auto& its : ended) {
        auto& device = *its.device;
        parts_.audience->examined(device, its.visited, its.judged.evidence);
        act(its, now);
        parts_.audience->changed(device);
        for (const auto& answer : its.answers) answer(its.visited, device);
    }
}

void Guard::answer_gone(const Examination& examination, const examine::Visited& visited) {
    Device device{.name = examination.device()};
    device.verdict = examine::verdict_without({Errc::not_found, "device"});
    for (const auto& answer : examination.answers) answer(visited, device);
}

/// What follows from an examination for what is known of the device, and by the policy.
void Guard::weigh(Ended& ended) {
    auto& device = *ended.device;
    auto& judged = ended.judged;
    auto& verdict = judged.verdict;
    device.judged_at = parts_.clock->calendar();
    if (judged.evidence) device.evidence = judged.evidence;
    if (ended.visited.pci) device.pci = ended.visited.pci;
    device.driver = host::bound_driver(*parts_.sys, device.address);
    device.signer = std::move(judged.signer);
    device.measurements = std::move(judged.measurements);
    hold_to_what_was_accepted(device, verdict);
    if (device.bound_before && device.driver.empty()) device.bound_before = false;
    hold_bound_before(device, verdict);
    device.verdict = std::move(verdict);
    decide(device);
}

/// All of a batch at once. What is not written down did not happen: nobody is let in by it.
void Guard::write_down(std::span<const Ended> ended) {
    if (ended.empty()) return;
    std::vector<Note> notes;
    notes.reserve(ended.size());
    for (const auto& its : ended)
        notes.emplace_back(verdict_note(*its.device, its.judged.evidence, settings_.enforce));
    if (write_down(notes, nullptr)) return;
    for (const auto& its : ended) {
        its.device->verdict = verdict("store.failed");
        decide(*its.device);
    }
}

void Guard::hold_bound_before(const Device& device, appraisal::Verdict& verdict) const {
    if (device.bound_before && settings_.enforce)
        verdict = examine::bound_before(std::move(verdict), device.driver);
}

void Guard::hold_to_what_was_accepted(const Device& device, appraisal::Verdict& verdict) {
    const auto& its = device.remembered;
    if (!was_accepted(its) || is_transient(verdict) || is_of_owner(verdict)) return;
    std::string what;
    if (device.pci && !its.identity.empty() && trust::cma_name(*device.pci) != its.identity)
        what = "another identity";
    if (!its.key.empty() && (!device.signer || device.signer->key != its.key)) what = "another key";
    auto checks = std::move(verdict.checks);
    checks.push_back(what.empty() ? passed("device.same")
                                  : failed("device.same", "device.changed", std::move(what)));
    verdict = appraisal::concluded(std::move(checks));
}

}  // namespace busguard::daemon
