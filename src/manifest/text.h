#pragma once

#include <string>
#include <string_view>

namespace busguard::manifest {

/// Valid UTF-8 without control characters: it can be shown on a terminal.
bool printable(std::string_view text);

/// The text if it is printable, else its bytes in hex; cut after 128 bytes.
std::string shown(std::string_view text);

}  // namespace busguard::manifest
