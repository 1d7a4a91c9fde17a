#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string_view>

/// The framing by which emulators carry SPDM over a TCP connection, both sides: spdm-emu's, and QEMU's, which
/// has the same header and a few meanings of its own. A header of three big-endian 32-bit numbers (command,
/// transport type, payload length), then the payload.
namespace busguard::transport {

/// Numbers of the wire; unknown ones survive decoding.
enum class SocketCommand : std::uint32_t {
    normal = 0x0001,
    storage_send = 0x0002,     ///< QEMU: IF_SEND
    storage_receive = 0x0003,  ///< QEMU: IF_RECV
    storage_status = 0x0004,   ///< QEMU: the answer to both
    resume = 0xfffd,           ///< CONTINUE: ends the connection, not the server
    shutdown = 0xfffe,
    unknown = 0xffff,  ///< the answer to a command that is not known
    test = 0xdead,     ///< "Client Hello!" and "Server Hello!"
};

/// Numbers of the wire. 3 is TCP between spdm-emu's programs and SCSI between QEMU and its server.
enum class SocketTransport : std::uint32_t {
    none = 0,
    mctp = 1,
    pci_doe = 2,
    tcp = 3,
    scsi = 3,
    nvme = 4,
    ata = 5,
};

/// "none", "mctp", "doe", "tcp", "nvme", "ata", or "unknown".
std::string_view name(SocketTransport transport);

struct SocketFrame {
    SocketCommand command{};
    SocketTransport transport{};
    Bytes payload;

    friend bool operator==(const SocketFrame&, const SocketFrame&) = default;
};

inline constexpr std::size_t socket_header_size = 12;           ///< bytes
inline constexpr std::size_t socket_largest_payload = 0x10100;  ///< bytes: 64 KiB and any transport's header
inline constexpr std::size_t qemu_largest_payload = 0x1200;     ///< bytes: QEMU's buffer

inline constexpr std::string_view client_hello{"Client Hello!\0", 14};
inline constexpr std::string_view server_hello{"Server Hello!\0", 14};

/// The whole frame, for one write: sent in pieces, each waits for TCP's delayed acknowledgement (44 ms a
/// message in spdm-emu).
Bytes encode_frame(const SocketFrame& frame);

/// Cuts a stream into frames, in whatever pieces it comes. Holds at most one frame's bytes beyond those that
/// were fed at once.
class FrameReader {
public:
    explicit FrameReader(std::size_t largest_payload = socket_largest_payload) : largest_{largest_payload} {}

    void feed(ByteView bytes) { append(held_, bytes); }
    /// The next whole frame, or none yet. Error, for good: too_large "payload length", before any of the
    /// payload is waited for.
    Result<std::optional<SocketFrame>> next();
    /// Does the stream stand amid a frame? (Its end here is not a clean one.)
    bool amid() const { return !held_.empty(); }

private:
    Bytes held_;
    std::size_t largest_;
};

/// An SPDM message as payload for `transport`: bare for none, behind a type byte for mctp, in a padded data
/// object for pci_doe, behind DSP0287's header for tcp. Errors: too_large; unsupported for other transports.
Result<Bytes> wrap(SocketTransport transport, ByteView message);

/// The reverse; pci_doe leaves the padding on. Errors: those of the transport's own format, mismatch "Data
/// Object Type" for a data object that is not SPDM; trailing_bytes behind a data object; unsupported.
Result<Bytes> unwrap(SocketTransport transport, ByteView payload);

}  // namespace busguard::transport
