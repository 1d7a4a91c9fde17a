#include "policy/generate.h"

#include <algorithm>
#include <set>

namespace busguard::policy {
namespace {

/// `field` has to be what this device has; nothing if nobody knows that, or a rule cannot say it.
std::optional<Condition> pinned(const Subject& subject, Field field) {
    const auto has = values_of(subject, field, 0);
    if (has.size() != 1 || usual(field, has.front()) != has.front() || has.front().contains('*'))
        return std::nullopt;
    return Condition{.field = field, .values = has};
}

/// What is proven, and what has nothing to prove itself by. Whatever failed, or could not be found out, is
/// left out.
bool is_taken(appraisal::State state) {
    return state == appraisal::State::authenticated || state == appraisal::State::no_reference ||
           state == appraisal::State::unsupported;
}

/// Empty if the device cannot be known again.
std::vector<Condition> recognition(const Subject& subject) {
    Condition state{.field = Field::state, .values = {std::string{appraisal::name(subject.state)}}};
    // What works now goes on when enforcing begins: a drive with the system on it cannot lose its driver for
    // a moment. (What has nothing to prove is "unsupported" with and without one.)
    if (subject.bound_before && subject.state != appraisal::State::unsupported)
        state.values.emplace_back(appraisal::name(appraisal::State::bound_before_policy));
    if (auto certificate = pinned(subject, Field::certificate)) return {state, *certificate};
    auto identity = pinned(subject, Field::identity);
    auto path = pinned(subject, Field::path);
    if (!identity || !path) return {};
    return {*std::move(identity), *std::move(path), state};
}

/// The device's name as far as a rule may be called so, with a number behind it if that is taken.
std::string unused_name(const std::string& device, const std::set<std::string>& used) {
    constexpr std::size_t room_for_number = 8;
    auto base = device.substr(0, 64 - room_for_number);
    for (auto& c : base)
        if (c <= 0x20 || c >= 0x7f) c = '?';
    if (!is_rule_name(base)) base = "device";
    auto name = base;
    for (std::size_t number = 2; used.contains(name); ++number) name = base + " " + std::to_string(number);
    return name;
}

}  // namespace

Policy generate(std::span<const Subject> subjects) {
    Policy policy{.otherwise = Ruling::deny};
    std::set<std::string> names;
    std::set<std::vector<Condition>> matches;
    for (const auto& subject : subjects) {
        if (!is_taken(subject.state)) continue;
        auto match = recognition(subject);
        if (match.empty() || !matches.insert(match).second) continue;
        const auto name = *names.insert(unused_name(subject.device, names)).first;
        policy.rules.push_back({.name = name, .ruling = Ruling::allow, .match = std::move(match)});
    }
    return policy;
}

}  // namespace busguard::policy
