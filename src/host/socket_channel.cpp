#include "host/socket_channel.h"

#include "host/socket.h"

#include <algorithm>

namespace busguard::host {
namespace {

using transport::SocketCommand;
using transport::SocketFrame;

constexpr Time longest_patience = std::chrono::hours{1};

}  // namespace

SocketChannel::SocketChannel(Descriptor socket, transport::SocketTransport transport, std::size_t largest)
    : socket_{std::move(socket)}, transport_{transport}, largest_{largest} {}

Result<void> SocketChannel::send(ByteView message, Time now, Time patience) {
    if (dead_) return fail(Errc::disconnected, "socket");
    if (under_way_) return fail(Errc::unexpected, "message");
    if (message.size() > largest_) return fail(Errc::too_large, "message");
    auto payload = TRY(transport::wrap(transport_, message));
    auto begun = begin(transport::encode_frame({SocketCommand::normal, transport_, std::move(payload)}));
    dead_ = !begun;
    under_way_ = !dead_;
    deadline_ = now + std::clamp(patience, Time{0}, longest_patience);
    return begun;
}

Result<transport::Channel::Progress> SocketChannel::poll(Time now) {
    if (!under_way_) return fail(dead_ ? Errc::disconnected : Errc::unexpected, "message");
    auto progress = carry(now);
    if (progress && std::holds_alternative<Waiting>(*progress)) return progress;
    under_way_ = false;
    dead_ = !progress;
    return progress;
}

Result<void> SocketChannel::end(SocketCommand command, Clock& clock, Time limit) {
    if (dead_) return fail(Errc::disconnected, "socket");
    dead_ = true;
    deadline_ = clock.now() + limit;
    TRY(begin(transport::encode_frame({command, transport_, {}})));
    while (true) {
        TRY(flush());
        const auto frame = TRY(next_frame());
        if (frame && frame->command == command) return {};
        if (frame) return fail(Errc::unexpected, "command", 0, static_cast<std::uint32_t>(frame->command));
        const auto waiting = later(clock.now());
        if (clock.now() >= deadline_) return fail(Errc::timeout, "socket");
        clock.wait(waiting.until, std::span{&waiting.readable, 1});
    }
}

Result<void> SocketChannel::begin(Bytes frame) {
    const auto stray = TRY(receive_some(socket_));
    if (!stray.empty() || reader_.amid()) return fail(Errc::unexpected, "frame");
    outgoing_ = std::move(frame);
    return flush();
}

Result<transport::Channel::Progress> SocketChannel::carry(Time now) {
    TRY(flush());
    const auto frame = TRY(next_frame());
    if (!frame && now >= deadline_) return fail(Errc::timeout, "socket");
    if (!frame) return later(now);
    if (frame->command != SocketCommand::normal)
        return fail(Errc::transport, "command", 0, static_cast<std::uint32_t>(frame->command));
    if (frame->transport != transport_)
        return fail(Errc::transport, "transport type", 4, static_cast<std::uint32_t>(frame->transport));
    return TRY(transport::unwrap(transport_, frame->payload));
}

// What has come, up to the end of a frame.
Result<std::optional<SocketFrame>> SocketChannel::next_frame() {
    while (true) {
        auto frame = TRY(reader_.next());
        if (frame) return frame;
        const auto bytes = TRY(receive_some(socket_));
        if (bytes.empty()) return std::nullopt;
        reader_.feed(bytes);
    }
}

transport::Channel::Waiting SocketChannel::later(Time now) const {
    const auto until = outgoing_.empty() ? deadline_ : std::min(deadline_, now + retry_writing);
    return {.until = until, .readable = socket_.number()};
}

Result<void> SocketChannel::flush() {
    while (!outgoing_.empty()) {
        const auto count = TRY(send_some(socket_, outgoing_));
        if (count == 0) break;
        outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return {};
}

}  // namespace busguard::host
