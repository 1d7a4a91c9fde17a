#pragma once

#include "manifest/cbor.h"
#include "manifest/index_rule.h"

#include <map>
#include <optional>
#include <string>

namespace busguard::manifest {

/// An environment-map (draft-ietf-rats-corim): which devices something is said of.
struct Environment {
    /// As appraisal::Reference::applies_to; never empty. Vendor and model are the "product" that a device's
    /// certificate tells. What SPDM tells of no device stands there too ("class", "instance", "group"), so
    /// that the values apply to none rather than to all.
    std::map<std::string, std::string> applies_to;
    const IndexRule* rule = &common_rule;
    std::optional<std::uint64_t> index;  ///< of the class
    bool narrower = false;               ///< it also has a class-id, layer or index, which SPDM does not tell
};
Result<Environment> read_environment(const cbor::Item& item);

}  // namespace busguard::manifest
