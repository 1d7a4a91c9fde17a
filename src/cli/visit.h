#pragma once

#include "appraisal/verdict.h"
#include "cli/place.h"
#include "evidence/bundle.h"
#include "spdm/authentication.h"

#include <optional>
#include <string>
#include <vector>

namespace busguard::cli {

/// What a visit to a device brought back: evidence, or the verdict that follows from there being none.
struct Visited {
    std::string device;  ///< "pci/0000:01:00.0"
    std::optional<PciIdentity> pci;
    std::string driver;
    std::optional<evidence::Bundle> bundle;
    std::optional<appraisal::Verdict> without;  ///< set exactly if `bundle` is not
};

/// What to find out, from every device alike.
struct VisitPlan {
    spdm::Plan plan;
    std::optional<spdm::Nonce> nonce;  ///< of the CHALLENGE; nothing: a fresh one for each device
};

/// Visits the devices side by side: as long as the slowest takes, not as long as all.
std::vector<Visited> visit(Session& session, const Place& place, const std::vector<std::string>& devices,
                           const VisitPlan& plan);

/// The device behind an emulator's socket, `address` HOST:PORT.
Tried<Visited> visit_socket(Session& session, const std::string& address, const std::string& transport,
                            const VisitPlan& plan);

}  // namespace busguard::cli
