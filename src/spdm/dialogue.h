#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/seams.h"

#include <variant>

namespace busguard::spdm {

/// What the caller has to do next: send these bytes, not before `after` has passed, and give the answer
/// `patience`.
struct Send {
    Bytes message;
    Time after{0};
    Time patience{0};
};

/// The dialogue has reached its end; ask it for its outcome.
struct Done {};

using Step = std::variant<Send, Done>;

/// One run of the SPDM protocol with a device, the requester's side. It does no input or output, reads no
/// clock and never blocks: the caller carries bytes to and fro and does what each Step says (drive/). After
/// an error only `start` leads anywhere.
class Dialogue {
public:
    virtual ~Dialogue() = default;

    virtual Result<Step> start() = 0;
    /// `message` is the answer to what was sent last, perhaps with the transport's padding behind it.
    virtual Result<Step> answer(ByteView message) = 0;
};

}  // namespace busguard::spdm
