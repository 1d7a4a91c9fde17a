#pragma once

#include "base/bytes.h"
#include "base/problem.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Strict reading of JSON that strangers wrote.
namespace busguard::evidence::json {

using Value = nlohmann::ordered_json;

/// One JSON text, whole. Refused: more than `limit` bytes, deeper than 16 levels, a member that occurs twice
/// in an object, anything after the value, text that is not UTF-8.
Checked<Value> parse(std::string_view text, const std::string& where, std::size_t limit);

/// Which value in a document is wrong; the first stays.
class Fault {
public:
    explicit Fault(std::string where) : where_{std::move(where)} {}

    void blame(const std::string& pointer, std::string message, std::string remedy = {}) {
        if (!problem_)
            problem_ = Problem{.where = where_,
                               .field = pointer,
                               .message = std::move(message),
                               .remedy = std::move(remedy)};
    }
    const std::optional<Problem>& problem() const { return problem_; }

private:
    std::string where_;
    std::optional<Problem> problem_;
};

/// A value and where it stands (RFC 6901). As wire::Reader it latches: after the first fault every read gives
/// zero or nothing, and the caller asks the Fault once.
class Node {
public:
    Node(const Value& value, std::string pointer, Fault& fault)
        : value_{&value}, pointer_{std::move(pointer)}, fault_{&fault} {}

    /// An object with exactly these members.
    void members(std::initializer_list<std::string_view> names) const;
    Node operator[](std::string_view member) const;
    bool is_null() const { return value_->is_null(); }
    bool is_text() const { return value_->is_string(); }
    /// The elements of an array, at most `most`.
    std::vector<Node> elements(std::size_t most) const;
    /// Names and values of an object, at most `most`.
    std::vector<std::pair<std::string, Node>> entries(std::size_t most) const;

    std::string text(std::size_t longest = 4096) const;
    std::uint64_t number(std::uint64_t largest) const;
    bool boolean() const;
    /// Exactly `digits` lower-case hexadecimal digits.
    std::uint64_t hex(std::size_t digits) const;
    Bytes base64(std::size_t largest) const;

    void blame(std::string message, std::string remedy = {}) const {
        fault_->blame(pointer_, std::move(message), std::move(remedy));
    }
    const std::string& pointer() const { return pointer_; }

private:
    const Value* value_;
    std::string pointer_;
    Fault* fault_;
};

/// Indented, with a line feed at the end; text that is not UTF-8 is replaced.
std::string print(const Value& value);

}  // namespace busguard::evidence::json
