#pragma once

#include "cli/place.h"
#include "examine/judge.h"

#include <string>
#include <vector>

namespace busguard::cli {

/// What devices are held to, as the command line says.
struct JudgingOptions {
    std::vector<std::string> anchors;
    std::vector<std::string> profiles;  ///< "vendor", "pci/0000:02:00.0=vendor"; none: cma
    std::string time = "now";
    std::string minimum_version;
    std::string revocation = "check";
    std::vector<std::string> references;
    std::string nonce;
};
void add_judging_options(Command command, JudgingOptions& options);

inline constexpr const char* default_anchors = "/etc/busguard/anchors";

/// Reads anchors and references. `machine_anchors` are taken if the command line names none.
Tried<examine::Judge> judge_of(Session& session, const JudgingOptions& options,
                               const std::vector<crypto::Certificate>& machine_anchors);

/// What follows for the exit status.
Exit exit_of(appraisal::State state);

}  // namespace busguard::cli
