#pragma once

#include <string>

namespace busguard::host {

/// "DEVICE:INODE" of the file behind standard error, as systemd writes it into JOURNAL_STREAM if that is the
/// journal (systemd.exec(5)); empty if there is none.
std::string standard_error_id();

}  // namespace busguard::host
