#pragma once

#include "base/check.h"
#include "base/problem.h"
#include "evidence/bundle.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::appraisal {

inline constexpr std::string_view reference_schema = "busguard.reference/1";

/// What one measurement has to be.
struct ReferenceValue {
    std::uint8_t index = 0;
    std::optional<spdm::MeasurementType> type;  ///< nothing: any; not every manifest tells types
    bool raw = false;
    std::vector<Bytes> any_of;  ///< the block's value is one of these; never empty

    friend bool operator==(const ReferenceValue&, const ReferenceValue&) = default;
};

/// Known good measurements, and which devices they are for.
struct Reference {
    std::string name;
    /// What a device has to be for these values to say anything about it: e.g. {"pci", "10de:2330"},
    /// {"nvidia", "1010_0200_882_96009F0001"}. identity_of() says what evidence tells.
    std::map<std::string, std::string> applies_to;
    std::string hash;  ///< of the digests, "sha384"; empty if it is not known
    std::vector<ReferenceValue> values;
    /// Indices that whoever made the reference knows and says nothing of, such as a RIM's inactive rows.
    /// Others that are not among `values` count against the device.
    std::set<std::uint8_t> not_judged;

    friend bool operator==(const Reference&, const Reference&) = default;
};

/// Which device and firmware evidence is of, in the words of Reference::applies_to: "pci"
/// (vendor:device[:subsystem vendor:subsystem]), "product" (manufacturer:product of the leaf), "nvidia" (the
/// reference that a report asks for).
std::map<std::string, std::string> identity_of(const evidence::Bundle& bundle);

/// The signed measurements of a bundle as a reference for devices like it. Nobody has judged the bundle here:
/// appraise it first. Error: not_found "measurements" if it holds no signed ones.
Result<Reference> record_reference(const evidence::Bundle& bundle, std::string name);

std::string to_json(const Reference& reference);
/// Strict, as evidence/bundle_file.h.
Checked<Reference> reference_from_json(std::string_view text, const std::string& where);

/// One check "measurement.N" for every index that either side has. If the reference is for another device or
/// firmware, or has no values, there is only "measurements" with measurement.no-reference: a missing
/// reference is not a mismatch. Reasons: measurement.mismatch, measurement.missing, measurement.extra,
/// measurement.no-reference.
std::vector<Check> compare(const Reference& reference, const std::map<std::string, std::string>& identity,
                           std::string_view hash, const std::vector<spdm::MeasurementBlock>& measured);

}  // namespace busguard::appraisal
