#pragma once

#include "daemon/configuration.h"
#include "tlog/cosignature.h"
#include "tlog/note_signer.h"

#include <optional>
#include <string>

namespace busguard::daemon {

/// The key by which this machine's log signs; made if there is none, and no log that was signed by one. It is
/// a line of text (tlog::NoteSigner::to_skey) in a file that only its owner may read. Problems: a key of
/// another origin than the configuration's, one that cannot be read, a log without its key.
Checked<tlog::NoteSigner> log_key(const Configuration& configuration);

/// The key by which it signs a second line, ML-DSA-44, if the configuration wants one; made like the other,
/// beside it, with ".ml-dsa-44" behind its name. Problems: likewise; an OpenSSL that has no ML-DSA-44.
Checked<std::optional<tlog::Cosigner>> second_log_key(const Configuration& configuration,
                                                      const std::string& origin);

}  // namespace busguard::daemon
