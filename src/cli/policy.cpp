#include "cli/devices.h"
#include "cli/verdict_view.h"
#include "examine/subject.h"
#include "host/files.h"
#include "policy/generate.h"
#include "policy/policy_file.h"
#include "policy/warnings.h"

#include <fmt/format.h>

#include <memory>

namespace busguard::cli {
namespace {

constexpr const char* default_policy = "/etc/busguard/policy.toml";

struct PolicyOptions {
    DeviceOptions devices;
    JudgingOptions judging;
    std::string file = default_policy;
    std::string write;
};

Tried<policy::Policy> read_policy(const std::string& path) {
    const auto text = TRY(or_trouble("file", host::read_file(path)));
    return or_trouble("policy", policy::policy_from_toml(as_text(text), path));
}

/// A device that was looked at now, and what a policy says of it.
struct Looked {
    Judged judged;
    policy::Subject subject;
    policy::Decision decision;
    policy::Decision first;  ///< when enforcing begins: its driver may have had it before anybody could look
};

/// Did a daemon that enforces let the device's driver in? Only it knows; who else looks has to think that
/// nobody looked before.
bool let_in_by_daemon(const PolicyOptions& options, const std::string& device) {
    const auto& place = options.devices.place;
    if (place.sysfs != "/sys" || !place.machine.empty()) return false;
    const auto bytes = host::read_file("/run/busguard/devices/" + device + "/verdict.json");
    if (!bytes) return false;
    const auto its = Json::parse(as_text(*bytes), nullptr, false);
    return its.is_object() && its.value("enforcing", Json{}) == true &&
           its.value("bound_before", Json{}) == false && its.value("standing", Json{}) == "let-in";
}

/// What busguardd finds of a device that by the policy nobody is to speak to.
bool is_nobodys(const policy::Policy& policy, const policy::Subject& subject) {
    const auto owners = policy::preferred_owners(policy, subject).owners;
    return !owners.empty() && owners.front() == "none";
}

/// `subject` as busguardd sees it first, if it begins to enforce now.
policy::Subject at_first(policy::Subject subject, const appraisal::Verdict& verdict,
                         const std::string& driver) {
    subject.bound_before = true;
    const auto held = examine::bound_before(verdict, driver);
    subject.state = held.state;
    subject.reasons.emplace_back(held.checks.back().reason);
    return subject;
}

Tried<std::vector<Looked>> look(Session& session, const PolicyOptions& options,
                                const policy::Policy& policy) {
    const auto target = TRY(Target::open(session, options.devices));
    const auto judge = TRY(judge_of(session, options.judging, target.anchors()));
    auto visits = TRY(target.visit(session, judge.plan()));
    auto verdicts = judge(visits);
    std::vector<Looked> all;
    all.reserve(visits.size());
    for (std::size_t n = 0; n < visits.size(); ++n) {
        auto subject = examine::subject_of(target.tree(), visits[n], verdicts[n]);
        if (is_nobodys(policy, subject)) {
            visits[n].bundle.reset();
            verdicts[n] = appraisal::verdict_of(appraisal::reason("owner.nobody"), {});
            subject = examine::subject_of(target.tree(), visits[n], verdicts[n]);
        }
        auto decision = policy::decide(policy, subject, policy::most_rules);
        auto first = decision;
        const bool before = !visits[n].driver.empty() && !let_in_by_daemon(options, visits[n].device);
        if (before) first = policy::decide(policy, at_first(subject, verdicts[n], visits[n].driver));
        all.push_back({.judged = {std::move(visits[n]), std::move(verdicts[n]), {}},
                       .subject = std::move(subject),
                       .decision = std::move(decision),
                       .first = std::move(first)});
        all.back().subject.bound_before = before;
    }
    return all;
}

/// What enforcing the decision would do to the driver that is there now.
std::string_view effect_of(const Looked& one) {
    const bool allowed = one.decision.ruling == policy::Ruling::allow;
    if (one.judged.visited.driver.empty()) return allowed ? "may get a driver" : "gets no driver";
    if (one.first.ruling == policy::Ruling::allow) return "keeps its driver";
    // A rule that wants it out is not changed by showing more.
    const bool again = allowed && one.first.rule == policy::implicit;
    return again ? "LOSES its driver, gets it again" : "LOSES its driver";
}

Tone tone_of_ruling(policy::Ruling ruling) {
    switch (ruling) {
        case policy::Ruling::allow: return Tone::good;
        case policy::Ruling::deny: return Tone::caution;
        case policy::Ruling::quarantine: break;
    }
    return Tone::bad;
}

Json decision_json(const Looked& one) {
    const auto& decision = one.decision;
    Json missed = Json::array();
    for (const auto& each : decision.trail)
        missed.push_back({{"rule", each.rule}, {"field", each.field}, {"has", text_or_null(each.has)}});
    return {{"device", one.judged.visited.device},
            {"state", name(one.judged.verdict.state)},
            {"reasons", reasons_of(one.judged.verdict)},
            {"identity", one.judged.visited.pci ? identity_json(*one.judged.visited.pci) : Json(nullptr)},
            {"driver", text_or_null(one.judged.visited.driver)},
            {"owner", one.subject.owner},
            {"ruling", name(decision.ruling)},
            {"rule", decision.rule},
            {"owners", decision.owners},
            {"reauthenticate_seconds",
             decision.reauthenticate ? Json(decision.reauthenticate->count()) : Json(nullptr)},
            {"passed_over", std::move(missed)},
            {"effect", effect_of(one)}};
}

void print_decisions(const Session& session, const std::vector<Looked>& all) {
    if (session.json()) {
        Json devices = Json::array();
        for (const auto& one : all) devices.push_back(decision_json(one));
        print(session, {{"schema", "busguard.decisions/1"}, {"devices", std::move(devices)}});
        return;
    }
    Table table{{"DEVICE", "IDENTITY", "STATE", "DECISION", "RULE", "DRIVER", "EFFECT WHEN ENFORCED"}};
    std::size_t losing = 0, again = 0;
    for (const auto& one : all) {
        const auto& visited = one.judged.visited;
        const auto effect = effect_of(one);
        const bool loses = effect.starts_with("LOSES");
        if (loses) ++losing;
        if (effect.ends_with("again")) ++again;
        table.row({{printable(visited.device)},
                   {visited.pci ? describe(*visited.pci) : "-"},
                   {std::string{name(one.judged.verdict.state)}, tone_of(one.judged.verdict.state)},
                   {std::string{name(one.decision.ruling)}, tone_of_ruling(one.decision.ruling)},
                   {one.decision.rule},
                   {visited.driver.empty() ? "-" : printable(visited.driver)},
                   {std::string{effect}, loses ? Tone::bad : Tone::plain}});
    }
    session.print(table.render(session.colour()));
    if (losing > 0)
        session.print(
            paint(fmt::format("\n{} of {} would lose the driver that they have now.\n", losing, all.size()),
                  Tone::bad, session.colour()));
    if (again > 0)
        session.print(fmt::format(
            "{} of these would get it again: nobody looked before their driver did, so that they have to "
            "show "
            "who they are without\none. A rule whose state has \"bound-before-policy\" lets a driver stay.\n",
            again));
}

std::string because(const policy::Missed& missed) {
    if (missed.has.empty()) return fmt::format("{} is not known of this device", missed.field);
    return fmt::format("{} is {}", missed.field, printable(missed.has));
}

std::string explained(const Looked& one, bool colour) {
    const auto& visited = one.judged.visited;
    const auto& verdict = one.judged.verdict;
    const auto& decision = one.decision;
    auto out = paint(printable(visited.device), Tone::strong, colour);
    if (visited.pci) out += "  " + describe(*visited.pci);
    out += "\n";
    const auto by = decision.rule == policy::implicit ? std::string{"the policy's default: no rule matches"}
                                                      : fmt::format("rule \"{}\"", decision.rule);
    out += fmt::format("  decision   {}, by {}\n",
                       paint(name(decision.ruling), tone_of_ruling(decision.ruling), colour), by);
    out += fmt::format("  effect     {}\n", effect_of(one));
    out += fmt::format("  state      {}", paint(name(verdict.state), tone_of(verdict.state), colour));
    if (verdict.primary != nullptr) out += fmt::format(", {}", verdict.primary->code);
    out += "\n";
    if (verdict.primary != nullptr) {
        out += wrapped(verdict.primary->meaning, "             ");
        out += wrapped("What to do: " + std::string{verdict.primary->remedy}, "             ");
    }
    if (!decision.trail.empty()) out += "  rules that come before and do not match:\n";
    for (const auto& missed : decision.trail)
        out += fmt::format("    {:<28} {}\n", "\"" + missed.rule + "\"", because(missed));
    std::size_t passed = 0;
    for (const auto& check : verdict.checks) passed += check.outcome == Outcome::pass ? 1 : 0;
    out += fmt::format("  checks     {} of {} passed\n", passed, verdict.checks.size());
    for (const auto& check : verdict.checks) {
        if (check.outcome == Outcome::pass) continue;
        out += fmt::format("    {:<28} {}{}{}\n", check.name, name(check.outcome),
                           check.reason.empty() ? "" : " ", check.reason);
        if (!check.detail.empty()) out += wrapped(printable(check.detail), "      ");
    }
    return out;
}

Tried<Exit> check(Session& session, const PolicyOptions& options) {
    const auto policy = TRY(read_policy(options.file));
    const auto warnings = policy::warnings(policy, options.file);
    if (session.json()) {
        Json list = Json::array();
        for (const auto& one : warnings)
            list.push_back(
                {{"line", one.line}, {"field", one.field}, {"message", one.message}, {"remedy", one.remedy}});
        print(session, {{"schema", "busguard.policy-check/1"},
                        {"file", options.file},
                        {"rules", policy.rules.size()},
                        {"default", name(policy.otherwise)},
                        {"warnings", std::move(list)}});
        return Exit::ok;
    }
    for (const auto& one : warnings)
        session.print(paint("warning: ", Tone::caution, session.colour()) + one.text() + "\n");
    session.print(fmt::format("{}: {} rules, default {}: no error\n", options.file, policy.rules.size(),
                              name(policy.otherwise)));
    return Exit::ok;
}

/// For commands that take no names.
PolicyOptions on_all_devices(PolicyOptions options) {
    options.devices.all = true;
    return options;
}

Tried<Exit> try_out(Session& session, const PolicyOptions& options) {
    const auto policy = TRY(read_policy(options.file));
    print_decisions(session, TRY(look(session, on_all_devices(options), policy)));
    return Exit::ok;
}

Tried<Exit> explain(Session& session, const PolicyOptions& options) {
    const auto policy = TRY(read_policy(options.file));
    const auto all = TRY(look(session, options, policy));
    if (session.json()) {
        print_decisions(session, all);
        return Exit::ok;
    }
    for (const auto& one : all) {
        if (&one != &all.front()) session.print("\n");
        session.print(explained(one, session.colour()));
    }
    return Exit::ok;
}

Tried<Exit> generate(Session& session, const PolicyOptions& options) {
    const auto all = TRY(look(session, on_all_devices(options), {}));
    std::vector<policy::Subject> subjects;
    subjects.reserve(all.size());
    for (const auto& one : all) subjects.push_back(one.subject);
    const auto text = policy::to_toml(policy::generate(subjects));
    if (options.write.empty()) {
        session.print(text);
        return Exit::ok;
    }
    TRY(or_trouble("file", host::write_file(options.write, as_bytes(text), 0600)));
    session.say(fmt::format("written: {}; busguard policy try {} shows what it would do", options.write,
                            options.write));
    return Exit::ok;
}

Command add(Command group, Chosen& chosen, const std::shared_ptr<PolicyOptions>& options, const char* name,
            const char* help, Tried<Exit> (*action)(Session&, const PolicyOptions&)) {
    auto command = group.command(name, help);
    add_common(command, chosen.common);
    command.then([&chosen, options, action] {
        chosen.action = [options, action](Session& session) { return action(session, *options); };
    });
    return command;
}

void add_file(Command command, PolicyOptions& options) {
    command.option("FILE", options.file, fmt::format("Policy (default: {})", default_policy)).shown_as("");
}

}  // namespace

void add_policy(Command program, Chosen& chosen) {
    auto group =
        program.command("policy", "Write, check, try and explain the rules that devices are let in by");
    group.takes_one_command();
    const auto options = std::make_shared<PolicyOptions>();
    add_file(add(group, chosen, options, "check", "Say what is wrong with a policy, and what is hardly meant",
                 check),
             *options);

    const auto trying = add(group, chosen, options, "try",
                            "Show what a policy would do to the devices here; changes nothing", try_out);
    add_file(trying, *options);
    add_place_options(trying, options->devices.place);
    add_judging_options(trying, options->judging);

    auto explaining = add(group, chosen, options, "explain",
                          "Say which rule decides on a device, which do not match, and why", explain);
    add_device_options(explaining, options->devices);
    explaining.option("--policy", options->file, fmt::format("Policy (default: {})", default_policy))
        .shown_as("FILE");
    add_judging_options(explaining, options->judging);

    auto generating = add(group, chosen, options, "generate",
                          "Make a policy that lets in what is here and proven now", generate);
    generating.option("--write", options->write, "Write it to this file instead of standard output")
        .shown_as("FILE");
    add_place_options(generating, options->devices.place);
    add_judging_options(generating, options->judging);
}

}  // namespace busguard::cli
