#pragma once

#include "crypto/key.h"
#include "evidence/bundle.h"

#include <optional>
#include <string>

namespace busguard::appraisal {

/// Why a signature does not verify: did somebody on the way change the list of versions? VERSION is a part of
/// what is signed (DSP0274: A of M1/M2), so the device has signed the list that it sent, not the one that
/// arrived. Tries the lists that devices send, and gives the one under which the signature verifies, e.g.
/// "1.0 to 1.3"; nothing if none does. One verification for each list: only for a signature that has failed.
std::optional<std::string> changed_versions(const evidence::Record& record, const crypto::PublicKey& key);

}  // namespace busguard::appraisal
