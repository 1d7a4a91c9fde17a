#pragma once

#include "base/bytes.h"
#include "base/seams.h"

#include <string_view>
#include <variant>

namespace busguard::transport {

/// Carries SPDM messages, one there, one back: a DOE mailbox, a socket to an emulator. Never blocks: whoever
/// drives it does the waiting (drive/), so one thread serves hundreds.
///
/// An exchange: send(), then poll() until it gives the answer or an error. After an error the exchange is
/// over; the next send() may recover the transport (a DOE mailbox is aborted) or say that it is dead.
class Channel {
public:
    /// Nothing yet. Ask again at `until`, or earlier once `readable` has something to read.
    struct Waiting {
        Time until{};
        int readable = -1;  ///< a file descriptor; -1 = none, only time helps
    };
    using Progress = std::variant<Waiting, Bytes>;  ///< Bytes: the answer, maybe with padding behind it

    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel() = default;

    /// Begins an exchange with the SPDM message `message` (at most largest() bytes). `patience` is how long
    /// the answer may take from `now` on: by SPDM's timing (ST1, CTExponent), never less than the transport's
    /// own limit. Errors: too_large; unexpected while an exchange is under way; disconnected; transport for a
    /// mailbox that is dead; permission, owned, system.
    virtual Result<void> send(ByteView message, Time now, Time patience) = 0;
    /// Carries the exchange on as far as that goes without waiting. Errors: timeout, transport (the framing
    /// was violated or the mailbox reports an error), disconnected, unexpected when none is under way;
    /// permission, owned, system.
    virtual Result<Progress> poll(Time now) = 0;

    /// The largest SPDM message that send() takes, in bytes; answers are bounded likewise.
    virtual std::size_t largest() const = 0;
    /// How the device is reached: "doe", "mctp", "none", ...; stable, for evidence and JSON.
    virtual std::string_view name() const = 0;
};

}  // namespace busguard::transport
