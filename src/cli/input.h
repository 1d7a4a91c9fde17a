#pragma once

#include "base/bytes.h"
#include "cli/options.h"

namespace busguard::cli {

inline constexpr std::size_t largest_input = std::size_t{16} << 20U;  ///< bytes

/// The whole file, or standard input for "-".
Tried<Bytes> read_input(const Session& session, const std::string& path, std::size_t limit = largest_input);

}  // namespace busguard::cli
