#pragma once

#include "base/hex.h"

namespace busguard::transport {

inline Bytes bytes(std::string_view hex) { return *from_hex(hex); }

}  // namespace busguard::transport
