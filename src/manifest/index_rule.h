#pragma once

#include "spdm/measurement_record.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busguard::manifest {

enum class Form : std::uint8_t { comid, swid };

/// How a vendor's manifests say which SPDM measurement a value is for.
struct IndexRule {
    Form form{};
    std::string_view vendor;   ///< as the manifest names it
    std::uint8_t shift = 0;    ///< SPDM's index = the manifest's + shift
    bool class_index = false;  ///< a CoMID's class-map index counts where a measurement has no key
    std::optional<spdm::MeasurementType> type;  ///< where the manifest tells none; nothing: any
};

inline constexpr std::array index_rules{
    IndexRule{.form = Form::swid,
              .vendor = "NVIDIA Corporation",
              .shift = 1,
              .type = spdm::MeasurementType::mutable_firmware},             // counted from 0, SPDM's from 1
    IndexRule{.form = Form::comid, .vendor = "dmtf", .class_index = true},  // the sample of DMTF's spdm-emu
};
/// Where there is no other: the number is SPDM's own.
inline constexpr IndexRule common_rule{};

constexpr const IndexRule& index_rule(Form form, std::string_view vendor) {
    const auto* const found = std::ranges::find_if(
        index_rules, [&](const IndexRule& one) { return one.form == form && one.vendor == vendor; });
    return found == index_rules.end() ? common_rule : *found;
}

/// SPDM's index, 1 to 0xFE.
constexpr std::optional<std::uint8_t> spdm_index(const IndexRule& rule, std::uint64_t number) {
    constexpr std::uint64_t largest = 0xfe;
    if (number > largest || number + rule.shift == 0 || number + rule.shift > largest) return std::nullopt;
    return static_cast<std::uint8_t>(number + rule.shift);
}

}  // namespace busguard::manifest
