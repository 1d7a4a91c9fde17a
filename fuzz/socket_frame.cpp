#include "transport/socket_frame.h"

#include "fuzz/target.h"
#include "transport/mctp.h"
#include "transport/tcp.h"

namespace {

using namespace busguard;
using namespace busguard::transport;

// The frames of a stream that comes in pieces of `piece` bytes.
std::vector<SocketFrame> cut(ByteView stream, std::size_t piece) {
    FrameReader reader;
    std::vector<SocketFrame> all;
    while (!stream.empty()) {
        const auto now = std::min(piece, stream.size());
        reader.feed(stream.first(now));
        stream = stream.subspan(now);
        for (;;) {
            auto frame = reader.next();
            if (!frame) return all;
            if (!*frame) break;
            fuzz::expect((*frame)->payload.size() <= socket_largest_payload, "a payload's bound");
            all.push_back(**std::move(frame));
        }
    }
    return all;
}

}  // namespace

// What comes over an emulator's socket, in whatever pieces, and the transports' own formats in it.
void busguard::fuzz::try_input(ByteView input) {
    const auto whole = cut(input, std::max<std::size_t>(1, input.size()));
    const auto piecemeal = cut(input, 7);
    expect(whole == piecemeal, "the pieces do not matter");
    for (const auto& frame : whole) {
        const auto written = encode_frame(frame);
        const auto again = cut(written, written.size());
        expect(again.size() == 1 && again.front() == frame, "there and back");
    }

    using enum SocketTransport;
    for (const auto kind : {none, mctp, pci_doe, tcp, nvme}) {
        const auto message = unwrap(kind, input);
        if (!message) continue;
        expect(message->size() <= input.size(), "a message lies within its payload");
        const auto wrapped = wrap(kind, *message);
        if (!wrapped) continue;
        const auto again = unwrap(kind, *wrapped);
        expect(again && *again == *message, "wrapped and unwrapped");
    }
    (void)mctp_content(input);
    (void)tcp_header(input);
    (void)tcp_content(input);
}
