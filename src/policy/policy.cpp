#include "policy/policy.h"

#include <algorithm>
#include <utility>

namespace busguard::policy {
namespace {

constexpr std::array rulings{Ruling::allow, Ruling::deny, Ruling::quarantine};
constexpr std::size_t longest_name = 64;

/// What the device has, looked up once however many rules ask.
class Facts {
public:
    explicit Facts(const Subject& subject) : subject_{&subject} {}

    const std::vector<std::string>& of(const Condition& condition) {
        auto& values = known_.at(std::to_underlying(condition.field));
        if (!values || condition.field == Field::measurement)
            values = values_of(*subject_, condition.field, condition.index);
        return *values;
    }

private:
    const Subject* subject_;
    std::array<std::optional<std::vector<std::string>>, all_fields.size()> known_;
};

/// Does `holds` hold for one of the condition's values, those of its groups included?
template <class Predicate>
bool any_wanted(const Policy& policy, const Condition& condition, const Predicate& holds) {
    return std::ranges::any_of(condition.values, [&](const std::string& value) {
        if (!value.starts_with('@')) return holds(value);
        const auto group = policy.groups.find(std::string_view{value}.substr(1));
        return group != policy.groups.end() && std::ranges::any_of(group->second.values, holds);
    });
}

bool holds(const Policy& policy, const Condition& condition, const std::vector<std::string>& has) {
    const auto is_wanted = [&](const std::string& value) {
        return any_wanted(policy, condition,
                          [&](const std::string& want) { return fits(condition.field, want, value); });
    };
    switch (condition.op) {
        case Operator::one_of: return std::ranges::any_of(has, is_wanted);
        case Operator::none_of: return std::ranges::none_of(has, is_wanted);
        case Operator::only: return !has.empty() && std::ranges::all_of(has, is_wanted);
        case Operator::all_of: break;
    }
    return !has.empty() && !any_wanted(policy, condition, [&](const std::string& want) {
        return std::ranges::none_of(
            has, [&](const std::string& value) { return fits(condition.field, want, value); });
    });
}

/// The first that does not hold; null if all do. Only what `is_asked` says of a field is looked at.
template <class Predicate>
const Condition* first_miss(const Policy& policy, const Rule& rule, Facts& facts, const Predicate& is_asked) {
    for (const auto& condition : rule.match)
        if (is_asked(condition.field) && !holds(policy, condition, facts.of(condition))) return &condition;
    return nullptr;
}

Missed missed(const Rule& rule, const Condition& condition, const std::vector<std::string>& has) {
    Missed out{.rule = rule.name, .field = condition.field_name(), .has = {}};
    for (const auto& value : has) out.has += (out.has.empty() ? "" : ", ") + value;
    return out;
}

/// Before the device has spoken, and before it is decided who speaks to it.
bool is_known_before(Field field) { return !is_told_by_evidence(field) && field != Field::owner; }

constexpr std::uint32_t bridges = 0x06;  // base class: PCI Code and ID Assignment, section 1.7

}  // namespace

std::string_view name(Ruling ruling) {
    switch (ruling) {
        case Ruling::allow: return "allow";
        case Ruling::deny: return "deny";
        case Ruling::quarantine: return "quarantine";
    }
    return "unknown";
}

std::optional<Ruling> ruling_named(std::string_view wanted) {
    for (auto ruling : rulings)
        if (name(ruling) == wanted) return ruling;
    return std::nullopt;
}

std::string_view name(Operator op) {
    switch (op) {
        case Operator::one_of: return "one_of";
        case Operator::none_of: return "none_of";
        case Operator::all_of: return "all_of";
        case Operator::only: return "only";
    }
    return "unknown";
}

std::string Condition::field_name() const {
    auto out = std::string{name(field)};
    if (field == Field::measurement) out += "." + std::to_string(index);
    return out;
}

std::vector<std::string_view> expanded(const Policy& policy, const Condition& condition) {
    std::vector<std::string_view> all;
    for (const auto& value : condition.values) {
        if (!value.starts_with('@')) {
            all.emplace_back(value);
        } else if (const auto group = policy.groups.find(std::string_view{value}.substr(1));
                   group != policy.groups.end()) {
            all.insert(all.end(), group->second.values.begin(), group->second.values.end());
        }
    }
    return all;
}

bool is_rule_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_name && !name.starts_with(implicit) &&
           name.front() != ' ' && name.back() != ' ' &&
           std::ranges::all_of(name, [](char c) { return c >= 0x20 && c < 0x7f; });
}

Decision decide(const Policy& policy, const Subject& subject, std::size_t longest_trail) {
    Facts facts{subject};
    Decision decision{.ruling = policy.otherwise};
    for (const auto& rule : policy.rules) {
        const auto* miss = first_miss(policy, rule, facts, [](Field) { return true; });
        if (miss == nullptr) {
            decision.ruling = rule.ruling;
            decision.rule = rule.name;
            decision.owners = rule.owners;
            decision.reauthenticate = rule.reauthenticate;
            return decision;
        }
        if (++decision.passed_over <= longest_trail)
            decision.trail.push_back(missed(rule, *miss, facts.of(*miss)));
    }
    if (subject.pci && subject.pci->class_code >> 16U == bridges) {
        decision.ruling = Ruling::allow;
        decision.rule = implicit_bridge;
    }
    return decision;
}

Preference preferred_owners(const Policy& policy, const Subject& subject) {
    Facts facts{subject};
    for (const auto& rule : policy.rules) {
        const auto* miss = first_miss(policy, rule, facts, is_known_before);
        if (miss != nullptr) continue;
        const bool in_any_case = std::ranges::all_of(
            rule.match, [](const Condition& condition) { return is_known_before(condition.field); });
        if (in_any_case || !rule.owners.empty()) return {.rule = rule.name, .owners = rule.owners};
    }
    return {};
}

}  // namespace busguard::policy
