#pragma once

namespace busguard::cli {

/// Of this build; CMake says it.
inline constexpr const char* version = BUSGUARD_VERSION;

}  // namespace busguard::cli
