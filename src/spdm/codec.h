#pragma once

#include "spdm/messages/connection.h"
#include "spdm/messages/identity.h"
#include "spdm/messages/measurement.h"
#include "spdm/shape.h"
#include "wire/layout.h"

namespace busguard::spdm {

/// The two bytes that every message begins with.
struct Head {
    Version version{};
    Code code{};

    static void layout(auto& io, auto& m) {
        io.field("SPDMVersion", m.version);
        io.field("RequestResponseCode", m.code);
    }
};

/// Head of a message that may be anything; {0, 0} if there are not even two bytes.
inline Head head_of(ByteView message) {
    wire::Reader in{message};
    Head head;
    head.version = static_cast<Version>(in.take<std::uint8_t>());
    head.code = static_cast<Code>(in.take<std::uint8_t>());
    return in.failed() ? Head{} : head;
}

/// A message together with the exact bytes that stand for it on the wire.
///
/// Only encode and decode make one. A Transcript takes nothing else, so it can hold neither a byte that was
/// never on the wire nor a message that was encoded a second time.
template <class M>
class OnWire {
public:
    const M& value() const { return value_; }
    ByteView bytes() const { return bytes_; }
    /// All but the signature at the end: what a signature is made over.
    ByteView unsigned_bytes() const { return bytes().first(bytes_.size() - signature_); }

    /// Puts the signature into the place that encoding left for it; `signature` has the Shape's size.
    void sign(ByteView signature)
        requires requires(M m) { m.signature; }
    {
        if (signature.size() != signature_) return;
        std::ranges::copy(signature, bytes_.end() - static_cast<std::ptrdiff_t>(signature_));
        value_.signature.assign(signature.begin(), signature.end());
    }
    Bytes take() && { return std::move(bytes_); }

private:
    OnWire(M value, Bytes bytes, std::size_t signature)
        : value_{std::move(value)}, bytes_{std::move(bytes)}, signature_{signature} {}

    template <class T>
    friend Result<OnWire<T>> encode(T message, const Shape& shape, std::size_t limit);
    M value_;
    Bytes bytes_;
    std::size_t signature_ = 0;
};

/// A message that was read, and its bytes where they stand: valid as long as they do.
template <class M>
class Received {
public:
    const M& value() const { return value_; }
    ByteView bytes() const { return bytes_; }
    /// All but the signature at the end: what a signature is made over.
    ByteView unsigned_bytes() const { return bytes_.first(bytes_.size() - signature_); }

private:
    Received(M value, ByteView bytes, std::size_t signature)
        : value_{std::move(value)}, bytes_{bytes}, signature_{signature} {}

    template <class T>
    friend Result<Received<T>> decode_first(ByteView bytes, const Shape& shape);

    M value_;
    ByteView bytes_;
    std::size_t signature_ = 0;
};

template <class M>
constexpr bool is_signed = requires(M m) { m.signature; };

inline constexpr std::size_t default_limit = 0x20000;
/// A transport that moves double words fills up the last one (PCIe DOE).
inline constexpr std::size_t dword_padding = 3;

/// Errors: too_large when it does not fit into `limit` bytes, bad_field when a field has not the Shape's
/// size.
template <class M>
Result<OnWire<M>> encode(M message, const Shape& shape, std::size_t limit = default_limit) {
    wire::Encoder<Shape> io{shape, limit};
    io.field("head", Head{shape.version, M::code});
    M::layout(io, message);
    auto bytes = TRY(std::move(io).finish());
    return OnWire<M>{std::move(message), std::move(bytes), is_signed<M> ? shape.signature : 0};
}

/// Reads the message M off the front of `bytes`; more may follow. Errors: truncated, bad_field, unexpected if
/// it is another message, mismatch if it is another version's.
template <class M>
Result<Received<M>> decode_first(ByteView bytes, const Shape& shape) {
    wire::Decoder<Shape> io{shape, bytes};
    Head head;
    io.field("head", head);
    const bool due = head.code == M::code;
    if (bytes.size() >= 2 && !due) return fail(Errc::unexpected, "RequestResponseCode", 1);
    if (bytes.size() >= 2 && head.version != shape.version) return fail(Errc::mismatch, "SPDMVersion", 0);
    M message;
    M::layout(io, message);
    const auto taken = TRY(io.finish());
    return Received<M>{std::move(message), taken, is_signed<M> ? shape.signature : 0};
}

/// Reads the message M, which fills `bytes` but for padding. Errors: as decode_first, and trailing_bytes.
template <class M>
Result<Received<M>> decode(ByteView bytes, const Shape& shape) {
    auto message = TRY(decode_first<M>(bytes, shape));
    if (bytes.size() - message.bytes().size() > dword_padding)
        return fail(Errc::trailing_bytes, "message", message.bytes().size());
    return message;
}

}  // namespace busguard::spdm
