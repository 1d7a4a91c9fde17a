#pragma once

#include "policy/field.h"
#include "policy/subject.h"

#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is done with a device, by rules that its owner wrote (docs/man/busguard-policy.5). Pure.
namespace busguard::policy {

enum class Ruling : std::uint8_t {
    allow,
    deny,
    quarantine,  ///< denied, and stays so until a person takes it back, who is told
};
/// "allow", "deny", "quarantine".
std::string_view name(Ruling ruling);
std::optional<Ruling> ruling_named(std::string_view wanted);

/// How a device's values have to stand to those that a rule lists.
enum class Operator : std::uint8_t {
    one_of,   ///< it has one of them
    none_of,  ///< it has none of them; so does a device of which nobody knows the value
    all_of,   ///< it has them all
    only,     ///< it has at least one of them, and none besides
};
inline constexpr std::array all_operators{Operator::one_of, Operator::none_of, Operator::all_of,
                                          Operator::only};
/// "one_of", "none_of", "all_of", "only".
std::string_view name(Operator op);

/// Where something stands in its file: no part of what it means, so all are equal.
struct Line {
    std::size_t number = 0;  ///< 0: in none
    friend constexpr bool operator==(Line, Line) { return true; }
};

struct Condition {
    Field field{};
    std::uint8_t index = 0;  ///< of a measurement, else 0
    Operator op = Operator::one_of;
    std::vector<std::string> values;  ///< as usual() gives them, or "@GROUP"; never empty

    /// "class", "measurement.1"
    std::string field_name() const;

    friend auto operator<=>(const Condition&, const Condition&) = default;
};

struct Rule {
    std::string name;  ///< is_rule_name(), unique
    Ruling ruling = Ruling::deny;
    std::vector<std::string> owners;  ///< who is to speak to the device, best first; empty: busguard
    std::optional<std::chrono::seconds> reauthenticate;
    std::vector<Condition> match;  ///< all must hold; sorted by field, index and operator, each once
    Line line;

    friend bool operator==(const Rule&, const Rule&) = default;
};

struct Group {
    std::vector<std::string> values;
    Line line;

    friend bool operator==(const Group&, const Group&) = default;
};

struct Policy {
    Ruling otherwise = Ruling::deny;  ///< where no rule matches
    std::map<std::string, Group, std::less<>> groups;
    std::vector<Rule> rules;  ///< the first that matches decides

    friend bool operator==(const Policy&, const Policy&) = default;
};

/// A condition's values, those of its groups in the place of "@GROUP". A group that is not there has none.
std::vector<std::string_view> expanded(const Policy& policy, const Condition& condition);

/// 1 to 64 printable characters of ASCII, no blank at either end, and not `implicit…`.
bool is_rule_name(std::string_view name);

/// How a decision calls Policy::otherwise.
inline constexpr std::string_view implicit = "implicit";
/// How it calls that bridges, and what belongs to the host itself (base class 06), are allowed where no rule
/// matches: without them nothing behind them would be there.
inline constexpr std::string_view implicit_bridge = "implicit-bridge";

/// Why a rule before the one that decided did not match.
struct Missed {
    std::string rule;
    std::string field;  ///< the first that did not hold, "class", "measurement.1"
    std::string has;    ///< what the device has there; empty: nobody knows

    friend bool operator==(const Missed&, const Missed&) = default;
};

struct Decision {
    Ruling ruling = Ruling::deny;
    std::string rule{implicit};
    std::vector<std::string> owners;                     ///< as Rule::owners
    std::optional<std::chrono::seconds> reauthenticate;  ///< nothing: only when something happens
    std::size_t passed_over = 0;                         ///< so many rules before did not match
    std::vector<Missed> trail;                           ///< the first of them

    friend bool operator==(const Decision&, const Decision&) = default;
};

/// Of a decision that is kept. A policy of a thousand devices has as many rules, each a line of the trail of
/// each device.
inline constexpr std::size_t usual_trail = 16;

/// By the first rule that matches. The trail has at most `longest_trail` rules.
Decision decide(const Policy& policy, const Subject& subject, std::size_t longest_trail = usual_trail);

struct Preference {
    std::string rule{implicit};
    std::vector<std::string> owners;  ///< as Rule::owners

    friend bool operator==(const Preference&, const Preference&) = default;
};

/// Who is to speak to a device that nobody has spoken to yet: its verdict and certificates are not known. The
/// first rule decides that may still match and names owners, or that matches whatever the device will say.
Preference preferred_owners(const Policy& policy, const Subject& subject);

}  // namespace busguard::policy
