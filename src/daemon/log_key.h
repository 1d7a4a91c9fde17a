#pragma once

#include "daemon/configuration.h"
#include "tlog/cosignature.h"
#include "tlog/note_signer.h"

#include <optional>
#include <string>

namespace busguard::daemon {

/// The key by which this machine's log signs, in a file or behind a URI (journal::KeyPlace). A file that is
/// not there is made, unless there is a log that was signed by one. Problems: those of
/// journal::read_signing_key; a log without its key.
Checked<tlog::NoteSigner> log_key(const Configuration& configuration);

/// The key by which it signs a second line, ML-DSA-44, if the configuration wants one; made in a
/// file (Configuration::second_key). Problems: likewise; an OpenSSL that has no ML-DSA-44.
Checked<std::optional<tlog::Cosigner>> second_log_key(const Configuration& configuration,
                                                      const std::string& origin);

}  // namespace busguard::daemon
