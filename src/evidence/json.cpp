#include "evidence/json.h"

#include "base/hex.h"

#include <algorithm>
#include <exception>
#include <set>

namespace busguard::evidence::json {
namespace {

constexpr int deepest = 16;
constexpr int hex_base = 16;

/// What the parser's callback throws; it does not leave this file.
struct Refused : std::exception {
    explicit Refused(std::string text) : why{std::move(text)} {}
    const char* what() const noexcept override { return why.c_str(); }
    std::string why;
};

const Value& nothing() {
    static const Value null;
    return null;
}

/// RFC 6901: "~" and "/" in a name are written "~0" and "~1".
std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

}  // namespace

Checked<Value> parse(std::string_view text, const std::string& where, std::size_t limit) {
    if (text.size() > limit)
        return fail(Problem{.where = where, .message = "is larger than " + std::to_string(limit) + " bytes"});
    std::vector<std::set<std::string, std::less<>>> names;  // of the objects that are open
    const auto watch = [&](int depth, Value::parse_event_t event, Value& value) {
        using Event = Value::parse_event_t;
        if (depth > deepest) throw Refused{"is nested deeper than " + std::to_string(deepest) + " levels"};
        if (event == Event::object_start) names.emplace_back();
        if (event == Event::object_end) names.pop_back();
        if (event == Event::key && !names.back().insert(value.get<std::string>()).second)
            throw Refused{"has the member \"" + value.get<std::string>().substr(0, 64) + "\" twice"};
        return true;
    };
    try {
        return Value::parse(text.begin(), text.end(), watch);
    } catch (const Value::parse_error& error) {
        return fail(Problem{.where = where,
                            .message = "is not JSON (byte " + std::to_string(error.byte) + ")",
                            .remedy = "is the file whole?"});
    } catch (const Refused& refused) {
        return fail(Problem{.where = where, .message = refused.why});
    } catch (const Value::exception&) {
        return fail(Problem{.where = where, .message = "holds a number that is too large"});
    }
}

void Node::members(std::initializer_list<std::string_view> names) const {
    if (!value_->is_object()) {
        blame("has to be an object");
        return;
    }
    for (const auto& item : value_->items())
        if (std::ranges::find(names, item.key()) == names.end())
            fault_->blame(pointer_ + '/' + escaped(item.key().substr(0, 64)), "is not known",
                          "another version of the schema?");
    for (auto name : names)
        if (!value_->contains(name)) fault_->blame(pointer_ + '/' + std::string{name}, "is missing");
}

Node Node::operator[](std::string_view member) const {
    auto pointer = pointer_ + '/' + escaped(member);
    if (!value_->is_object()) return {nothing(), std::move(pointer), *fault_};
    const auto found = value_->find(std::string{member});
    return {found == value_->end() ? nothing() : *found, std::move(pointer), *fault_};
}

std::vector<Node> Node::elements(std::size_t most) const {
    std::vector<Node> all;
    if (!value_->is_array()) {
        blame("has to be an array");
        return all;
    }
    if (value_->size() > most) {
        blame("has more than " + std::to_string(most) + " elements");
        return all;
    }
    all.reserve(value_->size());
    for (const auto& element : *value_)
        all.emplace_back(element, pointer_ + '/' + std::to_string(all.size()), *fault_);
    return all;
}

std::vector<std::pair<std::string, Node>> Node::entries(std::size_t most) const {
    std::vector<std::pair<std::string, Node>> all;
    if (!value_->is_object()) {
        blame("has to be an object");
        return all;
    }
    if (value_->size() > most) {
        blame("has more than " + std::to_string(most) + " members");
        return all;
    }
    for (const auto& item : value_->items())
        all.emplace_back(item.key(), Node{item.value(), pointer_ + '/' + escaped(item.key()), *fault_});
    return all;
}

std::string Node::text(std::size_t longest) const {
    if (!value_->is_string()) {
        blame("has to be a text");
        return {};
    }
    const auto& text = value_->get_ref<const std::string&>();
    if (text.size() > longest) {
        blame("is longer than " + std::to_string(longest) + " bytes");
        return {};
    }
    return text;
}

std::uint64_t Node::number(std::uint64_t largest) const {
    if (!value_->is_number_unsigned()) {
        blame("has to be a whole number");
        return 0;
    }
    const auto number = value_->get<std::uint64_t>();
    if (number > largest) {
        blame("is larger than " + std::to_string(largest));
        return 0;
    }
    return number;
}

bool Node::boolean() const {
    if (!value_->is_boolean()) {
        blame("has to be true or false");
        return false;
    }
    return value_->get<bool>();
}

std::uint64_t Node::hex(std::size_t digits) const {
    const auto written = text();
    const bool good = written.size() == digits && std::ranges::all_of(written, [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                      });
    if (!good) {
        blame("has to be " + std::to_string(digits) + " lower-case hexadecimal digits");
        return 0;
    }
    return std::stoull(written, nullptr, hex_base);
}

Bytes Node::base64(std::size_t largest) const {
    auto bytes = from_base64(text((largest / 3 * 4) + 4));
    if (!bytes || bytes->size() > largest) {
        blame(bytes ? "is larger than " + std::to_string(largest) + " bytes" : "has to be base64");
        return {};
    }
    return *std::move(bytes);
}

std::string print(const Value& value) {
    return value.dump(2, ' ', false, Value::error_handler_t::replace) + '\n';
}

}  // namespace busguard::evidence::json
