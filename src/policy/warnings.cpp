#include "policy/warnings.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace busguard::policy {
namespace {

constexpr auto failed = appraisal::State::failed;

class Warnings {
public:
    explicit Warnings(const std::string& file) : file_{&file} {}

    void add(Line line, std::string field, std::string message, std::string remedy) {
        all_.push_back(Problem{.where = *file_,
                               .line = line.number,
                               .field = std::move(field),
                               .message = std::move(message),
                               .remedy = std::move(remedy)});
    }
    void add(const Rule& rule, std::string message, std::string remedy) {
        add(rule.line, "rule \"" + rule.name + "\"", std::move(message), std::move(remedy));
    }

    std::vector<Problem> by_line() && {
        std::ranges::sort(all_, {},
                          [](const Problem& one) { return std::tie(one.line, one.field, one.message); });
        return std::move(all_);
    }

private:
    const std::string* file_;
    std::vector<Problem> all_;
};

// ---- Rules that never decide
// -------------------------------------------------------------------------------

/// A rule that asks all that an earlier one asks, and perhaps more, matches only where that one did.
void warn_of_covered_rules(const Policy& policy, Warnings& out) {
    std::map<Condition, std::size_t> numbers;  // comparing numbers keeps thousands of rules cheap
    std::vector<std::vector<std::size_t>> asked;
    for (const auto& rule : policy.rules) {
        std::vector<std::size_t> own;
        own.reserve(rule.match.size());
        for (const auto& condition : rule.match)
            own.push_back(numbers.try_emplace(condition, numbers.size()).first->second);
        std::ranges::sort(own);
        const auto covering = std::ranges::find_if(
            asked, [&](const auto& earlier) { return std::ranges::includes(own, earlier); });
        if (covering != asked.end()) {
            const auto& earlier = policy.rules[static_cast<std::size_t>(covering - asked.begin())];
            out.add(rule,
                    "never decides: whatever it matches, \"" + earlier.name + "\"" +
                        (earlier.line.number == 0 ? "" : " on line " + std::to_string(earlier.line.number)) +
                        " matches first",
                    "move it up, or delete it");
        }
        asked.push_back(std::move(own));
    }
}

// ---- Devices that failed and get in
// ------------------------------------------------------------------------

bool names_failed(const Policy& policy, const Condition& condition) {
    return std::ranges::any_of(expanded(policy, condition),
                               [](std::string_view value) { return value == appraisal::name(failed); });
}

/// May a device that failed match? Only what the rule says of states counts.
bool admits_failed(const Policy& policy, const Rule& rule) {
    return std::ranges::all_of(rule.match, [&](const Condition& condition) {
        if (condition.field != Field::state) return true;
        return names_failed(policy, condition) == (condition.op == Operator::one_of);
    });
}

bool asks_for(const Rule& rule, Field field, Operator op) {
    return std::ranges::any_of(rule.match, [&](const Condition& condition) {
        return condition.field == field && condition.op == op;
    });
}

bool asks_for(const Rule& rule, Field field) {
    return std::ranges::any_of(rule.match,
                               [&](const Condition& condition) { return condition.field == field; });
}

/// Does it match every device that failed?
bool takes_all_failed(const Policy& policy, const Rule& rule) {
    return admits_failed(policy, rule) && std::ranges::all_of(rule.match, [](const Condition& condition) {
               return condition.field == Field::state;
           });
}

constexpr auto add_state = "add state = \"authenticated\", or the states that are meant";

void warn_of_trusting_rules(const Policy& policy, Warnings& out) {
    for (const auto& rule : policy.rules) {
        if (rule.ruling == Ruling::allow && admits_failed(policy, rule) &&
            !asks_for(rule, Field::reason, Operator::only)) {
            if (asks_for(rule, Field::reason))
                out.add(rule, "lets in devices that failed for other reasons as well",
                        "write reason = { only = [...] }");
            else if (!asks_for(rule, Field::state, Operator::one_of))
                out.add(rule, "lets in devices that failed", add_state);
        }
        if (takes_all_failed(policy, rule)) return;  // none of them comes further
    }
    if (policy.otherwise == Ruling::allow)
        out.add({}, "default", "lets in devices that failed",
                "add a rule that denies or quarantines state = \"failed\"");
}

// ---- The rest
// ----------------------------------------------------------------------------------------------

void warn_of_unused_groups(const Policy& policy, Warnings& out) {
    std::set<std::string_view> used;
    for (const auto& rule : policy.rules)
        for (const auto& condition : rule.match)
            for (const auto& value : condition.values)
                if (value.starts_with('@')) used.insert(std::string_view{value}.substr(1));
    for (const auto& [name, group] : policy.groups)
        if (!used.contains(name))
            out.add(group.line, "groups." + name, "is named by no rule",
                    "write \"@" + name + "\" where it is meant, or delete it");
}

void warn_of_a_closed_door(const Policy& policy, Warnings& out) {
    const bool opens =
        policy.otherwise == Ruling::allow ||
        std::ranges::any_of(policy.rules, [](const Rule& rule) { return rule.ruling == Ruling::allow; });
    if (!opens) out.add({}, {}, "lets nothing in: no device will get a driver", "add a rule that allows");
}

}  // namespace

std::vector<Problem> warnings(const Policy& policy, const std::string& file) {
    Warnings out{file};
    warn_of_a_closed_door(policy, out);
    warn_of_covered_rules(policy, out);
    warn_of_trusting_rules(policy, out);
    warn_of_unused_groups(policy, out);
    return std::move(out).by_line();
}

}  // namespace busguard::policy
