#pragma once

#include "appraisal/reason.h"
#include "base/pci_identity.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace busguard::policy {

/// What rules can ask of a device: plain values, which whoever looks at devices fills in. What nobody knows
/// stays empty, and no rule that asks for it matches.
struct Subject {
    std::string device;  ///< its stable name, "pci/0000:01:00.0"
    std::optional<PciIdentity> pci;
    std::string place;     ///< its path below /sys, "devices/pci0000:00/0000:00:01.0/0000:01:00.0"
    std::string location;  ///< "fixed", "removable" or "unknown" (attribute `removable`)
    bool virtual_function = false;
    bool bound_before = false;  ///< a driver had it before anybody could look
    std::string owner;          ///< "native", "kernel", "tsm:tsm0", "none"

    appraisal::State state = appraisal::State::undetermined;  ///< of the verdict
    std::vector<std::string> reasons;                         ///< codes of the checks that failed
    std::optional<unsigned> slot;                             ///< whose certificate signed
    std::string certificate, root;  ///< SHA-256 of the leaf's and the root's DER, lower-case hex
    std::map<std::string, std::string> measurements;  ///< "1" → digest, lower-case hex
};

}  // namespace busguard::policy
