#pragma once

#include "base/seams.h"
#include "daemon/configuration.h"
#include "daemon/guard.h"
#include "daemon/publisher.h"

#include <functional>
#include <memory>
#include <string>

namespace busguard::daemon {

/// What the guard is held to, as files say it.
struct Rules {
    policy::Policy policy;
    examine::Demands demands;
    InForce digests;
    std::vector<std::string> remarks;  ///< what is legal and hardly meant; a line each
};

/// Reads policy, anchors and references. A policy that is missing is a Problem only if the guard enforces: a
/// guard that observes runs before anybody wrote one.
Checked<Rules> read_rules(const Configuration& configuration, const Clock& clock);

/// What main makes and hands down.
struct World {
    Clock* clock = nullptr;
    Entropy* entropy = nullptr;
    Publisher::Log log;
    Publisher::Tell tell;
    std::string version;  ///< "busguardd 0.1.0"
};

/// The daemon: guard, file ABI and signals on one loop, until SIGTERM or SIGINT. SIGHUP has it read its files
/// again. Problems: what keeps it from starting.
Checked<void> serve(const World& world, const Configuration& configuration,
                    const std::function<Checked<Configuration>()>& read_again);

}  // namespace busguard::daemon
