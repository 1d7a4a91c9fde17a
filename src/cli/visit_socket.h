#pragma once

#include "cli/options.h"
#include "examine/visit.h"

#include <string>

namespace busguard::cli {

/// The device behind an emulator's socket, `address` HOST:PORT.
Tried<examine::Visited> visit_socket(Session& session, const std::string& address,
                                     const std::string& transport, const examine::VisitPlan& plan);

}  // namespace busguard::cli
