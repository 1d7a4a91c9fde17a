#pragma once

#include "manifest/cbor.h"
#include "manifest/digests.h"
#include "manifest/index_rule.h"

#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace busguard::manifest {

/// What one measurement has to be: one of some digests for each algorithm, or one of some raw values.
struct Wanted {
    std::optional<spdm::MeasurementType> type;  ///< nothing: any
    bool raw = false;
    std::map<crypto::Hash, std::vector<Bytes>> digests;  ///< empty if raw
    std::vector<Bytes> raw_values;                       ///< empty if not

    friend bool operator==(const Wanted&, const Wanted&) = default;
};
/// By SPDM's index: the measurements of one state of a device.
using State = std::map<std::uint8_t, Wanted>;

/// Takes all values of `more` as well. False, and nothing is changed, if one is raw and the other is not, or
/// their types differ.
bool add_values(Wanted& to, const Wanted& more);

/// A measurement-map (draft-ietf-rats-corim), or why it says nothing that can be compared with SPDM.
struct Measured {
    std::uint8_t index = 0;
    Wanted wanted;
    std::string_view left_out;  ///< a clause behind "measurements"; empty if it is used
    bool more = false;          ///< it also says things that SPDM does not tell, such as a version
};
/// `class_index`: of the environment that it belongs to.
Result<Measured> read_measurement(const cbor::Item& item, const IndexRule& rule,
                                  std::optional<std::uint64_t> class_index);

}  // namespace busguard::manifest
