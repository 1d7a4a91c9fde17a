#include "appraisal/reference.h"

#include "appraisal/identity.h"
#include "base/hex.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace busguard::appraisal {
namespace {

constexpr std::size_t longest_shown = 64;  // bytes of a value

std::string shown(ByteView value) {
    if (value.size() <= longest_shown) return to_hex(value);
    return fmt::format("{}… ({} bytes)", to_hex(value.first(longest_shown)), value.size());
}

std::string shown(const spdm::MeasurementBlock& block) {
    const auto type = spdm::name(block.type);
    return fmt::format("{}{} {}", type.empty() ? "unknown type" : type, block.raw ? " (raw)" : "",
                       shown(block.value));
}

/// Check::name is a literal, so there is one for every index.
std::string_view rule_of(std::uint8_t index) {
    static const auto names = [] {
        std::vector<std::string> all;
        for (unsigned n = 0; n <= 0xff; ++n) all.push_back(fmt::format("measurement.{}", n));
        return all;
    }();
    return names[index];
}

Check no_reference(std::string detail) {
    return {"measurements", Outcome::fail, "measurement.no-reference", std::move(detail)};
}

bool equals(const ReferenceValue& wanted, const spdm::MeasurementBlock& block) {
    return (!wanted.type || wanted.type == block.type) && wanted.raw == block.raw &&
           std::ranges::any_of(wanted.any_of, [&](const Bytes& one) { return one == block.value; });
}

/// All blocks that were told for an index have to be right: a device that tells two would choose.
Check compare_one(const ReferenceValue& wanted, const std::vector<spdm::MeasurementBlock>& measured) {
    const auto rule = rule_of(wanted.index);
    const spdm::MeasurementBlock* found = nullptr;
    for (const auto& block : measured) {
        if (block.index != wanted.index) continue;
        found = &block;
        if (!equals(wanted, block))
            return {rule, Outcome::fail, "measurement.mismatch",
                    fmt::format("device: {}; reference: {}", shown(block),
                                wanted.any_of.empty() ? "nothing" : shown(wanted.any_of.front()))};
    }
    if (found == nullptr) return {rule, Outcome::fail, "measurement.missing", "the device did not tell it"};
    return {rule, Outcome::pass, {}, shown(*found)};
}

}  // namespace

Result<Reference> record_reference(const evidence::Bundle& bundle, std::string name) {
    const auto measured = signed_measurements(bundle);
    if (measured.blocks.empty()) return fail(Errc::not_found, "measurements");
    Reference reference{.name = std::move(name), .applies_to = identity_of(bundle), .hash = measured.hash};
    for (const auto& block : measured.blocks) {
        ReferenceValue value{block.index, block.type, block.raw, {block.value}};
        if (std::ranges::find(reference.values, value) == reference.values.end())
            reference.values.push_back(std::move(value));
    }
    return reference;
}

std::vector<Check> compare(const Reference& reference, const std::map<std::string, std::string>& identity,
                           std::string_view hash, const std::vector<spdm::MeasurementBlock>& measured) {
    for (const auto& [key, wanted] : reference.applies_to) {
        const auto found = identity.find(key);
        if (found == identity.end() || found->second != wanted)
            return {no_reference(fmt::format("{} is for {} {}, not {}", reference.name, key, wanted,
                                             found == identity.end() ? "unknown" : found->second))};
    }
    if (!reference.hash.empty() && !hash.empty() && reference.hash != hash)
        return {
            no_reference(fmt::format("{} has digests by {}, not {}", reference.name, reference.hash, hash))};
    if (reference.values.empty()) return {no_reference(fmt::format("{} has no values", reference.name))};

    std::vector<Check> checks;
    std::set<std::uint8_t> known;
    for (const auto& wanted : reference.values) {
        known.insert(wanted.index);
        checks.push_back(compare_one(wanted, measured));
    }
    for (const auto& block : measured) {
        if (!known.insert(block.index).second) continue;
        if (reference.not_judged.contains(block.index))
            checks.push_back(skipped(rule_of(block.index), "measurement.no-reference",
                                     "the reference does not judge it: " + shown(block)));
        else
            checks.push_back({rule_of(block.index), Outcome::fail, "measurement.extra", shown(block)});
    }
    return checks;
}

}  // namespace busguard::appraisal
