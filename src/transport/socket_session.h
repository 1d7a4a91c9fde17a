#pragma once

#include "base/seams.h"
#include "transport/doe.h"
#include "transport/socket_frame.h"

#include <functional>

namespace busguard::transport {

/// What a device makes of an SPDM message.
struct SocketAnswer {
    std::optional<Bytes> message;  ///< none: it stays silent
    Time delay{};                  ///< how long it thinks
};
using SocketHandler = std::function<SocketAnswer(ByteView message)>;

enum class SocketMode : std::uint8_t { spdm_emu, qemu };

struct SocketRules {
    SocketMode mode = SocketMode::spdm_emu;
    SocketTransport transport = SocketTransport::mctp;  ///< spdm-emu's clients must use it; QEMU's say theirs
    std::size_t largest_payload = socket_largest_payload;
    std::vector<DoeProtocol> doe_protocols{doe_discovery, doe_spdm};  ///< what DOE Discovery lists
};

/// The server's side of one connection, without the connection: bytes in, steps out.
///
/// Answers NORMAL by the handler, TEST, CONTINUE and SHUTDOWN as spdm-emu's responder does, DOE Discovery by
/// itself, and in QEMU's mode the storage commands of its NVMe device. A frame that is malformed or of
/// another transport ends the connection; an unknown command is answered UNKNOWN first.
class SocketSession {
public:
    enum class Then : std::uint8_t { go_on, close, stop };
    struct Step {
        Bytes bytes;  ///< to be written at once, at `due`; may be empty
        Time due{};
        Then then = Then::go_on;  ///< stop: the client wants the server to end
    };

    SocketSession(SocketRules rules, SocketHandler handler)
        : rules_{std::move(rules)}, handler_{std::move(handler)}, reader_{rules_.largest_payload} {}

    void feed(ByteView bytes) { reader_.feed(bytes); }
    /// The next thing to do; none until more bytes are fed. Not to be asked again before the last step is
    /// done.
    std::optional<Step> next(Time now);

private:
    std::optional<Step> step(const SocketFrame& frame, Time now);
    std::optional<Step> answer(const SocketFrame& frame, Time now);
    std::optional<Step> storage_send(const SocketFrame& frame, Time now);
    std::optional<Step> storage_receive(const SocketFrame& frame, Time now);
    bool speaks(SocketTransport transport) const;

    SocketRules rules_;
    SocketHandler handler_;
    FrameReader reader_;
    // Storage: what was sent is answered only when it is fetched.
    std::optional<Bytes> held_;
    Time held_due_{};
    bool silent_ = false;
};

}  // namespace busguard::transport
