#define TOML_IMPLEMENTATION  // the one place where toml++ is compiled

#include "emulate/toml_fields.h"

#include <algorithm>

namespace busguard::emulate {
namespace {

std::string_view name_of(toml::node_type kind) {
    switch (kind) {
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "a list";
        case toml::node_type::string: return "a text in quotes";
        case toml::node_type::integer: return "a whole number";
        case toml::node_type::floating_point: return "a number";
        case toml::node_type::boolean: return "true or false";
        case toml::node_type::date: return "a date, YYYY-MM-DD";
        case toml::node_type::time: return "a time";
        case toml::node_type::date_time: return "a date with a time";
        case toml::node_type::none: break;
    }
    return "something else";
}

bool is_plain(std::string_view text) {
    return std::ranges::none_of(text,
                                [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

TomlFields::TomlFields(const toml::table& table, const std::string& file, std::string path,
                       std::optional<Problem>& first)
    : table_{&table}, file_{&file}, path_{std::move(path)}, first_{&first} {}

void TomlFields::problem(std::string_view key, std::size_t line, std::string message, std::string remedy) {
    if (*first_) return;
    auto field = path_;
    if (!key.empty()) field += (field.empty() ? "" : ".") + std::string{key};
    *first_ = Problem{*file_, line, std::move(field), std::move(message), std::move(remedy)};
}

void TomlFields::missing(std::string_view key, std::string remedy) {
    problem(key, line(), "is missing", std::move(remedy));
}

void TomlFields::wrong(std::string_view key, std::string message, std::string remedy) {
    const auto* node = table_->get(key);
    problem(key, node == nullptr ? line() : node->source().begin.line, std::move(message), std::move(remedy));
}

const toml::node* TomlFields::take(std::string_view key) {
    known_.emplace(key);
    return table_->get(key);
}

const toml::node* TomlFields::of_kind(const toml::node* node, toml::node_type kind, std::string_view key) {
    if (node == nullptr || node->type() == kind) return node;
    problem(key, node->source().begin.line,
            "is " + std::string{name_of(node->type())} + ", not " + std::string{name_of(kind)}, {});
    return nullptr;
}

std::optional<std::int64_t> TomlFields::integer(std::string_view key, std::int64_t least, std::int64_t most) {
    const auto* node = of_kind(take(key), toml::node_type::integer, key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->as_integer()->get();
    if (value >= least && value <= most) return value;
    wrong(key, std::to_string(value) + " is out of range",
          std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
}

std::optional<bool> TomlFields::boolean(std::string_view key) {
    const auto* node = of_kind(take(key), toml::node_type::boolean, key);
    if (node == nullptr) return std::nullopt;
    return node->as_boolean()->get();
}

std::optional<std::string> TomlFields::text(std::string_view key, std::size_t most) {
    const auto* node = of_kind(take(key), toml::node_type::string, key);
    if (node == nullptr) return std::nullopt;
    const auto& value = node->as_string()->get();
    if (value.size() > most)
        return wrong(key, "is longer than " + std::to_string(most) + " bytes"), std::nullopt;
    if (!is_plain(value)) return wrong(key, "holds a control character"), std::nullopt;
    return value;
}

std::vector<std::string> TomlFields::texts(std::string_view key, std::size_t most) {
    const auto* node = of_kind(take(key), toml::node_type::array, key);
    if (node == nullptr) return {};
    const auto& list = *node->as_array();
    if (list.size() > most)
        return wrong(key, "has more than " + std::to_string(most) + " entries"), std::vector<std::string>{};
    std::vector<std::string> all;
    for (const auto& one : list) {
        const auto* value = of_kind(&one, toml::node_type::string, key);
        if (value == nullptr) return {};
        all.push_back(value->as_string()->get());
        if (all.back().size() > 256 || !is_plain(all.back()))
            return wrong(key, "holds no good text"), std::vector<std::string>{};
    }
    return all;
}

std::optional<std::chrono::sys_days> TomlFields::date(std::string_view key) {
    const auto* node = of_kind(take(key), toml::node_type::date, key);
    if (node == nullptr) return std::nullopt;
    const auto value = node->as_date()->get();
    const std::chrono::year_month_day day{std::chrono::year{value.year}, std::chrono::month{value.month},
                                          std::chrono::day{value.day}};
    if (day.ok() && value.year >= 1950) return std::chrono::sys_days{day};
    wrong(key, "is not a date that a certificate can carry", "1950-01-01 to 9999-12-31");
    return std::nullopt;
}

TomlFields TomlFields::below(const toml::node& node, std::string path) {
    auto full = path_.empty() ? std::move(path) : path_ + "." + path;
    return {*node.as_table(), *file_, std::move(full), *first_};
}

std::optional<TomlFields> TomlFields::table(std::string_view key) {
    const auto* node = of_kind(take(key), toml::node_type::table, key);
    if (node == nullptr) return std::nullopt;
    return below(*node, std::string{key});
}

std::vector<TomlFields> TomlFields::tables(std::string_view key, std::size_t most) {
    const auto* node = of_kind(take(key), toml::node_type::array, key);
    if (node == nullptr) return {};
    const auto& list = *node->as_array();
    if (list.size() > most)
        return wrong(key, "has more than " + std::to_string(most) + " entries"), std::vector<TomlFields>{};
    std::vector<TomlFields> all;
    for (const auto& one : list) {
        if (of_kind(&one, toml::node_type::table, key) == nullptr) return {};
        all.push_back(below(one, std::string{key} + "[" + std::to_string(all.size()) + "]"));
    }
    return all;
}

std::vector<std::pair<std::string, TomlFields>> TomlFields::named_tables(std::string_view key,
                                                                         std::size_t most) {
    const auto* node = of_kind(take(key), toml::node_type::table, key);
    if (node == nullptr) return {};
    const auto& list = *node->as_table();
    if (list.size() > most)
        return wrong(key, "has more than " + std::to_string(most) + " entries"),
               std::vector<std::pair<std::string, TomlFields>>{};
    std::vector<std::pair<std::string, TomlFields>> all;
    for (const auto& [name, one] : list) {
        if (of_kind(&one, toml::node_type::table, key) == nullptr) return {};
        all.emplace_back(std::string{name.str()},
                         below(one, std::string{key} + "." + std::string{name.str()}));
    }
    return all;
}

void TomlFields::finish() {
    for (const auto& [key, node] : *table_) {
        if (known_.contains(key.str())) continue;
        std::string keys;
        for (const auto& known : known_) keys += (keys.empty() ? "" : ", ") + known;
        problem(key.str(), key.source().begin.line, "is not known here", "known are " + keys);
        return;
    }
}

Checked<TomlDocument> TomlDocument::parse(std::string_view text, std::string file) {
    if (text.size() > largest)
        return fail(Problem{.where = std::move(file),
                            .message = "has more than " + std::to_string(largest) + " bytes"});
    // toml++ 3.3 runs into undefined behaviour over some of the others (is_non_ascii_horizontal_whitespace).
    const auto* const other =
        std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
    if (other != text.end())
        return fail(Problem{.where = std::move(file),
                            .line = 1 + static_cast<std::size_t>(std::count(text.begin(), other, '\n')),
                            .message = "holds a character that is not ASCII",
                            .remedy = "in a text it can be written as \\uXXXX"});
    auto parsed = toml::parse(text);
    if (!parsed) {
        const auto& error = parsed.error();
        return fail(Problem{.where = std::move(file),
                            .line = error.source().begin.line,
                            .message = "is not TOML: " + std::string{error.description()}});
    }
    return TomlDocument{std::move(parsed).table(), std::move(file)};
}

}  // namespace busguard::emulate
