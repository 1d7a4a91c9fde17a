#pragma once

#include "base/problem.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace busguard::config {

/// Reads a TOML document field by field. The first thing that is wrong sticks (a Problem with file, line and
/// field); later reads give nothing. So a reader is straight-line text with one check at its end, in
/// TomlDocument::problem(). A key that nobody asked for is wrong too: finish() says so.
class TomlFields {
public:
    /// `path` is how the table is called, "device[2].doe"; empty for the document.
    TomlFields(const toml::table& table, const std::string& file, std::string path,
               std::optional<Problem>& first);

    bool has(std::string_view key) const { return table_->contains(key); }
    std::size_t line() const { return table_->source().begin.line; }
    const std::string& path() const { return path_; }
    bool is_table(std::string_view key) const;
    /// All keys, sorted: of a table whose keys a person chooses.
    std::vector<std::string> keys() const;
    /// Where the key's value begins; line() if it is not there.
    std::size_t line_of(std::string_view key) const;

    std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
    std::optional<bool> boolean(std::string_view key);
    /// At most `most` bytes, none of them a control character.
    std::optional<std::string> text(std::string_view key, std::size_t most = 256);
    std::vector<std::string> texts(std::string_view key, std::size_t most);
    /// A text, or a list of at most `most`; each of at most `longest` bytes, none of them a control
    /// character.
    std::vector<std::string> words(std::string_view key, std::size_t most, std::size_t longest = 256);
    /// A whole number, or a list of at most `count`.
    std::vector<std::int64_t> integers(std::string_view key, std::int64_t least, std::int64_t most,
                                       std::size_t count);
    /// "15m", as duration_from() reads it.
    std::optional<std::chrono::seconds> duration(std::string_view key, std::chrono::seconds least,
                                                 std::chrono::seconds most);
    std::optional<std::chrono::sys_days> date(std::string_view key);
    /// One of `names`, by `parse`, which takes a name and gives an optional.
    template <class Parse>
    auto choice(std::string_view key, Parse parse, std::string_view names) {
        const auto word = text(key);
        auto value = word ? parse(*word) : decltype(parse(*word)){};
        if (word && !value) wrong(key, "\"" + *word + "\" is not known", "one of " + std::string{names});
        return value;
    }
    std::optional<TomlFields> table(std::string_view key);
    std::vector<TomlFields> tables(std::string_view key, std::size_t most);
    /// Every key is a name, every value a table.
    std::vector<std::pair<std::string, TomlFields>> named_tables(std::string_view key, std::size_t most);

    /// Gives `value`, or says that the key is missing and gives a default one.
    template <class T>
    T needed(std::string_view key, std::optional<T> value) {
        if (!value && !has(key)) missing(key);
        return std::move(value).value_or(T{});
    }
    void missing(std::string_view key, std::string remedy = {});
    /// The field is there, but its content is no good.
    void wrong(std::string_view key, std::string message, std::string remedy = {});
    /// One of the list there is no good; the Problem has that entry's own line.
    void wrong_entry(std::string_view key, std::size_t entry, std::string message, std::string remedy = {});
    /// Complains about keys that nobody asked for.
    void finish();

private:
    const toml::node* take(std::string_view key);
    const toml::node* of_kind(const toml::node* node, toml::node_type kind, std::string_view key);
    /// A list's entries; what is no list is the only one.
    std::vector<const toml::node*> entries(std::string_view key, std::size_t most);
    void problem(std::string_view key, std::size_t line, std::string message, std::string remedy);
    TomlFields below(const toml::node& node, std::string path);

    const toml::table* table_;
    const std::string* file_;
    std::string path_;
    std::optional<Problem>* first_;
    std::set<std::string, std::less<>> known_;
};

/// A parsed TOML text. It outlives the fields that are read from it.
class TomlDocument {
public:
    static constexpr std::size_t largest = 1 << 20;  ///< bytes of a text

    /// `file` is how Problems call it. Problems: too large, not ASCII, not TOML.
    static Checked<TomlDocument> parse(std::string_view text, std::string file);

    TomlFields fields() { return {table_, file_, {}, problem_}; }
    const std::optional<Problem>& problem() const { return problem_; }

private:
    TomlDocument(toml::table table, std::string file) : table_{std::move(table)}, file_{std::move(file)} {}

    toml::table table_;
    std::string file_;
    std::optional<Problem> problem_;
};

}  // namespace busguard::config
