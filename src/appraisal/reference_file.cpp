#include "appraisal/reference.h"
#include "base/hex.h"
#include "evidence/json.h"

namespace busguard::appraisal {
namespace {

using evidence::json::Node;
using evidence::json::Value;
namespace json = evidence::json;

constexpr std::size_t largest_reference = std::size_t{4} << 20U;
constexpr std::size_t most_values = 4096;
constexpr std::size_t most_alternatives = 256;
constexpr std::size_t largest_value = 0xffff;
constexpr std::size_t most_keys = 32;

ReferenceValue value_in(const Node& node) {
    node.members({"index", "type", "raw", "any_of"});
    ReferenceValue value{.index = static_cast<std::uint8_t>(node["index"].number(0xfe)),
                         .raw = node["raw"].boolean()};
    if (!node["type"].is_null()) value.type = static_cast<spdm::MeasurementType>(node["type"].number(0x7f));
    for (const auto& one : node["any_of"].elements(most_alternatives)) {
        auto bytes = from_hex(one.text(2 * largest_value));
        if (!bytes)
            one.blame("has to be hexadecimal");
        else
            value.any_of.push_back(*std::move(bytes));
    }
    if (value.any_of.empty()) node["any_of"].blame("has no value");
    return value;
}

}  // namespace

std::string to_json(const Reference& reference) {
    Value applies = Value::object();
    for (const auto& [key, text] : reference.applies_to) applies[key] = text;
    auto values = Value::array();
    for (const auto& one : reference.values) {
        auto any_of = Value::array();
        for (const auto& bytes : one.any_of) any_of.push_back(to_hex(bytes));
        values.push_back({{"index", one.index},
                          {"type", one.type ? Value(std::to_underlying(*one.type)) : Value(nullptr)},
                          {"raw", one.raw},
                          {"any_of", any_of}});
    }
    Value document{{"schema", reference_schema},
                   {"name", reference.name},
                   {"applies_to", applies},
                   {"hash", reference.hash},
                   {"values", values}};
    if (!reference.not_judged.empty()) document["not_judged"] = reference.not_judged;
    return json::print(document);
}

Checked<Reference> reference_from_json(std::string_view text, const std::string& where) {
    const auto document = TRY(json::parse(text, where, largest_reference));
    json::Fault fault{where};
    const Node root{document, {}, fault};
    if (!root["schema"].is_text() || root["schema"].text() != reference_schema)
        return fail(Problem{.where = where,
                            .field = "/schema",
                            .message = "is not " + std::string{reference_schema},
                            .remedy = "made by another version of busguard?"});
    const bool some_not_judged = document.contains("not_judged");
    if (some_not_judged)
        root.members({"schema", "name", "applies_to", "hash", "values", "not_judged"});
    else
        root.members({"schema", "name", "applies_to", "hash", "values"});
    if (fault.problem()) return fail(*fault.problem());
    Reference reference{.name = root["name"].text(), .hash = root["hash"].text(16)};
    for (const auto& [key, node] : root["applies_to"].entries(most_keys))
        reference.applies_to[key] = node.text();
    for (const auto& one : root["values"].elements(most_values)) reference.values.push_back(value_in(one));
    if (some_not_judged)
        for (const auto& one : root["not_judged"].elements(most_values))
            reference.not_judged.insert(static_cast<std::uint8_t>(one.number(0xfe)));
    if (fault.problem()) return fail(*fault.problem());
    return reference;
}

}  // namespace busguard::appraisal
