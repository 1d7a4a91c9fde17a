#pragma once

#include "host/descriptor.h"
#include "transport/channel.h"
#include "transport/socket_frame.h"

namespace busguard::host {

/// SPDM with an emulator behind a TCP connection, in spdm-emu's framing, over its MCTP, PCI_DOE, TCP or NONE
/// payloads. An exchange that fails leaves the stream out of step: the channel is dead from then on.
class SocketChannel final : public transport::Channel {
public:
    static constexpr std::size_t default_largest = 65528;  ///< bytes; every payload's header fits beside it

    /// `socket` is a connection (connect_tcp).
    SocketChannel(Descriptor socket, transport::SocketTransport transport,
                  std::size_t largest = default_largest);

    /// Errors, beyond Channel's: unexpected "frame" if the peer spoke without being asked.
    Result<void> send(ByteView message, Time now, Time patience) override;
    /// Errors, beyond Channel's: transport "command" or "transport type" for a frame that is no answer, and
    /// those of FrameReader and unwrap().
    Result<Progress> poll(Time now) override;
    std::size_t largest() const override { return largest_; }
    std::string_view name() const override { return transport::name(transport_); }

    /// Tells the peer that this was all: resume (it serves the next connection) or shutdown (it ends). This
    /// one waits, at most `limit`, for the peer's echo: spdm-emu's responder dies of a connection that is
    /// closed before. Errors: timeout, disconnected, unexpected, system.
    Result<void> end(transport::SocketCommand command, Clock& clock, Time limit = std::chrono::seconds{1});

private:
    Result<Progress> carry(Time now);
    Result<std::optional<transport::SocketFrame>> next_frame();
    Waiting later(Time now) const;
    Result<void> flush();
    Result<void> begin(Bytes frame);

    Descriptor socket_;
    transport::SocketTransport transport_;
    std::size_t largest_;
    transport::FrameReader reader_;
    Bytes outgoing_;
    Time deadline_{};
    bool under_way_ = false;
    bool dead_ = false;
};

}  // namespace busguard::host
