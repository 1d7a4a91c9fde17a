#include "policy/policy_file.h"

#include "config/toml_fields.h"

#include <algorithm>
#include <set>

namespace busguard::policy {
namespace {

using config::TomlFields;

constexpr auto operator_names = "one of one_of, none_of, all_of, only";
constexpr std::size_t most_groups = 256;
constexpr std::size_t most_owners = 8;
constexpr std::size_t longest_value = 1024;
constexpr std::chrono::seconds shortest_interval = std::chrono::seconds{1};
constexpr std::chrono::seconds longest_interval = std::chrono::days{365};

std::string word_in_quotes(std::string_view text) { return "\"" + std::string{text} + "\""; }

bool is_group_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

/// Of a measurement, 1 to 254.
std::optional<std::uint8_t> index_named(std::string_view text) {
    if (text.empty() || text.size() > 3 || text.front() == '0') return std::nullopt;
    unsigned value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    if (value > 254) return std::nullopt;
    return static_cast<std::uint8_t>(value);
}

/// Is it a value of the field? `user` says who needs it, where that is somewhere else.
void check(TomlFields& in, std::string_view key, std::size_t entry, std::string_view value, Field field,
           std::string_view user) {
    const auto best = usual(field, value);
    if (best == value) return;
    const auto what = word_in_quotes(value) + " is no " + std::string{name(field)} + std::string{user};
    if (best)
        in.wrong_entry(key, entry, what, "write " + word_in_quotes(*best));
    else
        in.wrong_entry(key, entry, what, std::string{form(field)});
}

std::vector<std::string> read_owners(TomlFields& in) {
    auto owners = in.words("owners", most_owners);
    if (in.has("owners") && owners.empty()) in.wrong("owners", "is empty", "name one, or delete it");
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < owners.size(); ++i) {
        if (!is_wanted_owner(owners[i]))
            in.wrong_entry("owners", i, word_in_quotes(owners[i]) + " can be no rule's wish",
                           "native, tsm, none, or a TSM such as \"tsm:tsm0\"");
        if (!seen.insert(owners[i]).second)
            in.wrong_entry("owners", i, word_in_quotes(owners[i]) + " stands there twice");
    }
    return owners;
}

class Reader {
public:
    explicit Reader(TomlFields in) : in_{std::move(in)} {}

    Policy read();

private:
    void read_groups();
    Rule read_rule(TomlFields& in);
    std::vector<Condition> read_match(TomlFields& in);
    void read_measurements(TomlFields& in, std::vector<Condition>& match);
    void read_field(TomlFields& in, std::string_view key, Condition asked, std::vector<Condition>& match);
    std::vector<std::string> read_values(TomlFields& in, std::string_view key, Field field);
    std::size_t count_of(const std::vector<std::string>& values) const;
    void check_group(TomlFields& in, std::string_view key, std::size_t entry, std::string_view name,
                     Field field);

    TomlFields in_;
    std::optional<TomlFields> groups_in_;
    Policy policy_;
    std::map<std::string, std::size_t> names_;                   ///< of the rules so far, and their lines
    std::set<std::pair<std::string, Field>, std::less<>> good_;  ///< groups that were held to a field
};

Policy Reader::read() {
    const auto schema = in_.text("schema");
    if (!in_.has("schema"))
        in_.missing("schema", "write schema = " + word_in_quotes(policy_schema));
    else if (schema && *schema != policy_schema)
        in_.wrong("schema", "is not " + word_in_quotes(policy_schema),
                  "made for another version of busguard?");
    policy_.otherwise = in_.choice("default", ruling_named, "allow, deny, quarantine").value_or(Ruling::deny);
    read_groups();
    for (auto& rule : in_.tables("rule", most_rules)) policy_.rules.push_back(read_rule(rule));
    in_.finish();
    return std::move(policy_);
}

// ---- Groups
// ------------------------------------------------------------------------------------------------

void Reader::read_groups() {
    groups_in_ = in_.table("groups");
    if (!groups_in_) return;
    const auto names = groups_in_->keys();
    if (names.size() > most_groups)
        in_.wrong("groups", "has more than " + std::to_string(most_groups) + " entries");
    for (const auto& name : names) {
        auto values = groups_in_->words(name, most_values, longest_value);
        if (!is_group_name(name))
            groups_in_->wrong(name, "is no name for a group", "1 to 64 letters, digits, - and _");
        if (values.empty()) groups_in_->wrong(name, "is empty", "list its values, or delete it");
        for (std::size_t i = 0; i < values.size(); ++i)
            if (values[i].starts_with('@'))
                groups_in_->wrong_entry(name, i, "a group holds no groups", "name both where they are used");
        policy_.groups[name] = {.values = std::move(values), .line = {groups_in_->line_of(name)}};
    }
}

/// A group's values have to be values of every field that it is used for.
void Reader::check_group(TomlFields& in, std::string_view key, std::size_t entry, std::string_view name,
                         Field field) {
    const auto group = policy_.groups.find(name);
    if (group == policy_.groups.end()) {
        in.wrong_entry(key, entry, "there is no group " + word_in_quotes(name),
                       "add it under [groups]; \"@\" stands before a group's name");
        return;
    }
    if (!good_.emplace(name, field).second) return;
    const auto user = ", as line " + std::to_string(in.line_of(key)) + " has it";
    const auto& values = group->second.values;
    for (std::size_t i = 0; i < values.size(); ++i) check(*groups_in_, name, i, values[i], field, user);
}

// ---- Rules
// -------------------------------------------------------------------------------------------------

Rule Reader::read_rule(TomlFields& in) {
    Rule rule{.line = {in.line()}};
    rule.name = in.needed("name", in.text("name"));
    if (!is_rule_name(rule.name))
        in.wrong("name", word_in_quotes(rule.name) + " is no name for a rule",
                 rule.name.starts_with(implicit) ? "decisions that no rule made are called so"
                                                 : "1 to 64 printable characters, no blank at either end");
    const auto [earlier, is_new] = names_.try_emplace(rule.name, in.line_of("name"));
    if (!is_new) in.wrong("name", "is used twice", "first on line " + std::to_string(earlier->second));

    rule.ruling = in.needed("decide", in.choice("decide", ruling_named, "allow, deny, quarantine"));
    rule.owners = read_owners(in);
    rule.reauthenticate = in.duration("reauthenticate", shortest_interval, longest_interval);
    if (auto match = in.table("match")) rule.match = read_match(*match);
    for (const auto field : all_fields)
        if (in.has(name(field))) in.wrong(name(field), "is not known here", "belongs below [rule.match]");
    in.finish();
    return rule;
}

std::vector<Condition> Reader::read_match(TomlFields& in) {
    std::vector<Condition> match;
    for (const auto field : all_fields)
        if (field != Field::measurement) read_field(in, name(field), {.field = field}, match);
    if (auto measurements = in.table(name(Field::measurement))) read_measurements(*measurements, match);
    for (const auto* key : {"name", "decide", "owners", "reauthenticate"})
        if (in.has(key)) in.wrong(key, "is not known here", "belongs above [rule.match]");
    if (in.has("not")) in.wrong("not", "is not known here", "write KEY = { none_of = [...] }");
    in.finish();
    return match;
}

void Reader::read_measurements(TomlFields& in, std::vector<Condition>& match) {
    const auto first = match.size();
    for (const auto& key : in.keys()) {
        const auto index = index_named(key);
        if (!index) in.wrong(key, "is no index of a measurement", "1 to 254");
        read_field(in, key, {.field = Field::measurement, .index = index.value_or(0)}, match);
    }
    if (match.size() == first) in.wrong({}, "is empty", "such as 1 = \"…\"");
    std::sort(match.begin() + static_cast<std::ptrdiff_t>(first), match.end());
}

/// KEY = "value", KEY = ["value", …], or KEY = { none_of = ["value", …], … }
void Reader::read_field(TomlFields& in, std::string_view key, Condition asked,
                        std::vector<Condition>& match) {
    if (!in.has(key)) {
        (void)in.text(key);  // it is known, for who looks for a misspelt one
        return;
    }
    if (notation(asked.field) == Notation::flag) {
        asked.values = {in.boolean(key).value_or(false) ? "true" : "false"};
        match.push_back(std::move(asked));
        return;
    }
    if (!in.is_table(key)) {
        asked.values = read_values(in, key, asked.field);
        match.push_back(std::move(asked));
        return;
    }
    auto operators = in.table(key);
    const auto words = operators->keys();
    if (words.empty()) in.wrong(key, "says nothing", operator_names);
    for (const auto op : all_operators) {
        if (!operators->has(name(op))) continue;
        if ((op == Operator::all_of || op == Operator::only) && !is_plural(asked.field))
            operators->wrong(name(op), "a device has one of these at most", "write one_of");
        asked.op = op;
        asked.values = read_values(*operators, name(op), asked.field);
        match.push_back(asked);
    }
    for (const auto& word : words)
        if (std::ranges::none_of(all_operators, [&](Operator op) { return name(op) == word; }))
            operators->wrong(word, "is no operator", operator_names);
}

std::vector<std::string> Reader::read_values(TomlFields& in, std::string_view key, Field field) {
    std::vector<std::string> values;
    if (notation(field) == Notation::number)
        for (const auto number : in.integers(key, INT64_MIN, INT64_MAX, most_values))
            values.push_back(std::to_string(number));
    else
        values = in.words(key, most_values, longest_value);
    if (values.empty()) in.wrong(key, "is empty", "list values, or delete it to match whatever it is");
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].starts_with('@'))
            check_group(in, key, i, std::string_view{values[i]}.substr(1), field);
        else
            check(in, key, i, values[i], field, {});
    }
    if (count_of(values) > most_values)
        in.wrong(key, "has more than " + std::to_string(most_values) + " values with those of its groups");
    return values;
}

/// Without expanding them: a list may name a group as often as it likes.
std::size_t Reader::count_of(const std::vector<std::string>& values) const {
    std::size_t count = 0;
    for (const auto& value : values) {
        const auto group =
            policy_.groups.find(std::string_view{value}.substr(value.starts_with('@') ? 1 : 0));
        count += value.starts_with('@') && group != policy_.groups.end() ? group->second.values.size() : 1;
    }
    return count;
}

}  // namespace

Checked<Policy> policy_from_toml(std::string_view text, const std::string& file) {
    auto document = TRY(config::TomlDocument::parse(text, file));
    auto policy = Reader{document.fields()}.read();
    if (document.problem()) return fail(*document.problem());
    return policy;
}

}  // namespace busguard::policy
