#pragma once

#include "base/bytes.h"

namespace busguard::emulate {

/// What stands behind a mailbox or a socket: one SPDM message in, one out. A transport's padding may follow
/// the request; none follows the answer.
class Endpoint {
public:
    virtual ~Endpoint() = default;

    /// The answer; empty = there is none, the requester waits in vain.
    virtual Bytes answer(ByteView request) = 0;
};

}  // namespace busguard::emulate
