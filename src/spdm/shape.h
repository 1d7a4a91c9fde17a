#pragma once

#include "spdm/types.h"

namespace busguard::spdm {

/// What the layout of a message depends on and its bytes do not say: the negotiated version and sizes, and
/// what the request asked for. It is the context of every message layout (wire/layout.h).
struct Shape {
    Version version = Version::v1_0;
    std::size_t hash = 0;       ///< H: size of the base hash in bytes
    std::size_t signature = 0;  ///< S: size of a signature in bytes; 0 when the request asked for none
    bool summary = false;       ///< did CHALLENGE ask for a MeasurementSummaryHash?
};

}  // namespace busguard::spdm
