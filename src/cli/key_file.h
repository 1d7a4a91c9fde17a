#pragma once

#include "cli/options.h"
#include "crypto/key.h"
#include "tlog/note_key.h"
#include "tlog/witness_policy.h"

#include <functional>
#include <vector>

/// Files with keys of transparency logs and witnesses.
namespace busguard::cli {

/// A file with a private key in it (x/mod skey text): `take` gets its first line, and it is wiped afterwards.
Tried<void> with_secret_line(const std::string& path,
                             const std::function<Tried<void>(std::string_view)>& take);

/// Of a file with a vkey a line, empty lines and such that begin with '#' passed over; or of a policy (C2SP
/// tlog-policy), those of its logs.
Tried<std::vector<tlog::VerifierKey>> log_keys_from(const std::string& path);

Tried<tlog::WitnessPolicy> policy_from(const std::string& path);

}  // namespace busguard::cli
