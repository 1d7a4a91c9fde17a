#pragma once

#include "cli/options.h"
#include "tlog/cosignature.h"
#include "tlog/note_key.h"
#include "tlog/witness_policy.h"

#include <vector>

/// Files with keys of transparency logs and witnesses.
namespace busguard::cli {

/// Of a file whose first line is a private key (x/mod skey text).
Tried<tlog::Cosigner> cosigner_from(const std::string& path);

/// Of a file with a vkey a line, empty lines and such that begin with '#' passed over; or of a policy (C2SP
/// tlog-policy), those of its logs.
Tried<std::vector<tlog::VerifierKey>> log_keys_from(const std::string& path);

Tried<tlog::WitnessPolicy> policy_from(const std::string& path);

}  // namespace busguard::cli
