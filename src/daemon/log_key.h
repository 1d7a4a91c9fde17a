#pragma once

#include "daemon/configuration.h"
#include "tlog/note_signer.h"

namespace busguard::daemon {

/// The key by which this machine's log signs; made if there is none, and no log that was signed by one. It is
/// a line of text (tlog::NoteSigner::to_skey) in a file that only its owner may read. Problems: a key of
/// another origin than the configuration's, one that cannot be read, a log without its key.
Checked<tlog::NoteSigner> log_key(const Configuration& configuration);

}  // namespace busguard::daemon
