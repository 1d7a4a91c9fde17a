#include "config/duration.h"
#include "policy/policy_file.h"

#include <algorithm>

namespace busguard::policy {
namespace {

constexpr std::size_t widest = 100;  ///< of a list in one line

/// In ASCII, whatever `text` is.
std::string in_quotes(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte >= 0x7f) {
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 0xfU];
        } else {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out + "\"";
}

std::string list(const std::vector<std::string>& values, Notation notation) {
    const auto written = [&](const std::string& value) {
        return notation == Notation::text ? in_quotes(value) : value;
    };
    if (values.size() == 1) return written(values.front());
    std::string line;
    std::string lines;
    for (const auto& value : values) {
        line += (line.empty() ? "" : ", ") + written(value);
        lines += "    " + written(value) + ",\n";
    }
    return line.size() <= widest ? "[" + line + "]" : "[\n" + lines + "]";
}

/// The conditions on one field, which stand side by side: `class = "0108"`.
std::string asked(std::span<const Condition> conditions) {
    const auto& first = conditions.front();
    const auto key = first.field == Field::measurement ? std::to_string(first.index) : first.field_name();
    if (conditions.size() == 1 && first.op == Operator::one_of)
        return key + " = " + list(first.values, notation(first.field)) + "\n";
    std::string operators;
    for (const auto& condition : conditions)
        operators += (operators.empty() ? "" : ", ") + std::string{name(condition.op)} + " = " +
                     list(condition.values, notation(condition.field));
    return key + " = { " + operators + " }\n";
}

std::string match_text(const std::vector<Condition>& match) {
    if (match.empty()) return {};
    std::string out = "[rule.match]\n";
    bool measurements = false;
    for (std::size_t from = 0, to = 0; from < match.size(); from = to) {
        while (to < match.size() && match[to].field == match[from].field &&
               match[to].index == match[from].index)
            ++to;
        if (match[from].field == Field::measurement && !measurements) out += "[rule.match.measurement]\n";
        measurements = match[from].field == Field::measurement;
        out += asked(std::span{match}.subspan(from, to - from));
    }
    return out;
}

}  // namespace

std::string to_toml(const Policy& policy) {
    auto out =
        "schema = " + in_quotes(policy_schema) + "\ndefault = " + in_quotes(name(policy.otherwise)) + "\n";
    if (!policy.groups.empty()) out += "\n[groups]\n";
    for (const auto& [name, group] : policy.groups)
        out += name + " = " + list(group.values, Notation::text) + "\n";
    for (const auto& rule : policy.rules) {
        out += "\n[[rule]]\nname = " + in_quotes(rule.name) + "\ndecide = " + in_quotes(name(rule.ruling)) +
               "\n";
        if (!rule.owners.empty()) out += "owners = " + list(rule.owners, Notation::text) + "\n";
        if (rule.reauthenticate)
            out += "reauthenticate = " + in_quotes(config::duration_text(*rule.reauthenticate)) + "\n";
        out += match_text(rule.match);
    }
    return out;
}

}  // namespace busguard::policy
