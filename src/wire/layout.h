#pragma once

#include "base/result.h"
#include "wire/flags.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <array>
#include <limits>
#include <optional>

/// How structures say what they look like on the wire, once for all directions:
///
///     static void layout(auto& io, auto& self);
///
/// `layout` names the fields in wire order. With an Encoder it writes them, with a Decoder it fills them; a
/// Decoder with an Observer also tells of each field (spdm/dump.h). It never checks for errors: the first
/// field that fails is remembered, all later ones do nothing, and `finish()` tells. `io.context()` is what
/// the layout depends on and the bytes do not say: a version, the size of a digest.
namespace busguard::wire {

/// A scalar field's number on the wire.
template <std::unsigned_integral T>
constexpr T raw(T value) {
    return value;
}
template <class E>
    requires std::is_enum_v<E>
constexpr auto raw(E value) {
    return std::to_underlying(value);
}
template <class E>
constexpr auto raw(Flags<E> value) {
    return value.bits();
}

template <class T>
concept Scalar = requires(T value) { raw(value); };

template <Scalar T>
using Raw = decltype(raw(T{}));

template <Scalar T>
constexpr T cooked(Raw<T> number) {
    if constexpr (requires { T::from_bits(number); })
        return T::from_bits(number);
    else
        return static_cast<T>(number);
}

template <class Context>
class Encoder {
public:
    static constexpr bool reading = false;

    Encoder(Context context, std::size_t limit) : context_{context}, out_{limit} {}

    const Context& context() const { return context_; }

    template <class T>
    void field(std::string_view name, const T& value) {
        if constexpr (Scalar<T>)
            out_.put(raw(value));
        else
            T::layout(*this, value);
        check(name);
    }

    void constant(std::string_view name, std::unsigned_integral auto value) { field(name, value); }

    void reserved(std::size_t count) {
        out_.zeros(count);
        check("Reserved");
    }

    /// The number of items that `list` writes, wherever the two stand in the message.
    template <std::unsigned_integral Count>
    void count(std::string_view name, const auto& items) {
        if (items.size() > std::numeric_limits<Count>::max()) blame(Errc::too_large, name);
        field(name, static_cast<Count>(items.size()));
    }

    /// How many items there are, when the number follows from another field.
    void resize(std::string_view name, const auto& items, std::size_t number) {
        if (items.size() != number) blame(Errc::bad_field, name);
    }

    void list(std::string_view name, const auto& items) {
        for (const auto& item : items) field(name, item);
    }

    /// The number of bytes in `bytes`, as a number of Width bytes. The bytes themselves: `blob`.
    template <std::size_t Width>
    void length(std::string_view name, const Bytes& bytes) {
        if (bytes.size() >> (8 * Width) != 0) blame(Errc::too_large, name);
        out_.put_number(bytes.size(), Width);
        check(name);
    }

    void blob(std::string_view name, ByteView bytes) {
        out_.put(bytes);
        check(name);
    }

    /// Exactly `size` bytes; when there are none yet (a signature still to come), zeros hold the place.
    void blob(std::string_view name, ByteView bytes, std::size_t size) {
        if (bytes.empty())
            out_.zeros(size);
        else if (bytes.size() != size)
            blame(Errc::bad_field, name);
        else
            out_.put(bytes);
        check(name);
    }

    template <std::size_t N>
    void array(std::string_view name, const std::array<std::byte, N>& bytes) {
        blob(name, bytes);
    }

    /// The size of the whole message.
    template <std::unsigned_integral Length>
    void total_length(std::string_view name) {
        const auto at = out_.size();
        field(name, Length{0});
        patch_ = {at, std::numeric_limits<Length>::max(),
                  [](Writer& out, std::size_t where) { out.patch(where, static_cast<Length>(out.size())); }};
    }

    /// What the specification demands of a field.
    void require(bool holds, std::string_view name) {
        if (!holds) blame(Errc::bad_field, name);
    }

    void rest(std::string_view name, ByteView bytes) { blob(name, bytes); }

    Result<Bytes> finish() && {
        if (error_) return fail(*error_);
        if (patch_.write != nullptr) {
            if (out_.size() > patch_.max) return fail(Errc::too_large, "Length");
            patch_.write(out_, patch_.at);
        }
        return std::move(out_).finish();
    }

private:
    void check(std::string_view name) {
        if (out_.failed()) blame(Errc::too_large, name);
    }
    void blame(Errc code, std::string_view name) {
        if (!error_) error_ = Error{code, name, out_.size()};
    }

    Context context_;
    Writer out_;
    std::optional<Error> error_;
    struct {
        std::size_t at = 0;
        std::size_t max = 0;
        void (*write)(Writer&, std::size_t) = nullptr;
    } patch_;
};

/// Hears nothing. Another Observer has the same function and is told of every field that was read.
struct Silent {
    void field(std::string_view, std::size_t /*offset*/, ByteView /*bytes*/) {}
};

template <class Context, class Observer = Silent>
class Decoder {
public:
    static constexpr bool reading = true;

    Decoder(Context context, ByteView bytes, Observer observer = {})
        : context_{context}, in_{bytes}, observer_{std::move(observer)} {}

    const Context& context() const { return context_; }
    Observer& observer() { return observer_; }

    template <class T>
    void field(std::string_view name, T& value) {
        if constexpr (Scalar<T>) {
            const auto at = in_.offset();
            value = cooked<T>(in_.take<Raw<T>>());
            check(name);
            tell(name, at);
        } else {
            T::layout(*this, value);
        }
    }

    template <std::unsigned_integral T>
    void constant(std::string_view name, T value) {
        T found{};
        field(name, found);
        if (found != value) blame(Errc::bad_field, name);
    }

    /// DSP0274: reserved fields "shall be written as zero and ignored when read".
    void reserved(std::size_t count) {
        const auto at = in_.offset();
        in_.take(count);
        check("Reserved");
        tell("Reserved", at);
    }

    template <std::unsigned_integral Count>
    void count(std::string_view name, auto& items) {
        Count number{};
        field(name, number);
        resize(name, items, number);
    }

    void resize(std::string_view name, auto& items, std::size_t number) {
        if (number > in_.left())
            blame(Errc::truncated, name);  // an item takes a byte at least
        else
            items.resize(number);
    }

    void list(std::string_view name, auto& items) {
        for (auto& item : items) field(name, item);
    }

    template <std::size_t Width>
    void length(std::string_view name, Bytes& bytes) {
        static_assert(Width <= 4);
        const auto at = in_.offset();
        const auto number = in_.take_number(Width);
        check(name);
        tell(name, at);
        resize(name, bytes, number);
    }

    /// As many bytes as `bytes` holds already: `length` or `resize` made the room.
    void blob(std::string_view name, Bytes& bytes) { blob(name, bytes, bytes.size()); }

    void blob(std::string_view name, Bytes& bytes, std::size_t size) {
        const auto at = in_.offset();
        const auto taken = in_.take(size);
        bytes.assign(taken.begin(), taken.end());
        check(name);
        tell(name, at);
    }

    template <std::size_t N>
    void array(std::string_view name, std::array<std::byte, N>& bytes) {
        const auto at = in_.offset();
        const auto taken = in_.take(N);
        std::copy(taken.begin(), taken.end(), bytes.begin());
        check(name);
        tell(name, at);
    }

    template <std::unsigned_integral Length>
    void total_length(std::string_view name) {
        Length told{};
        field(name, told);
        told_length_ = told;
    }

    void require(bool holds, std::string_view name) {
        if (!holds) blame(Errc::bad_field, name);
    }

    void rest(std::string_view name, Bytes& bytes) { blob(name, bytes, in_.left()); }

    /// The bytes that the message took; what follows is the caller's to judge.
    Result<ByteView> finish() const {
        if (error_) return fail(*error_);
        if (told_length_ && *told_length_ != in_.offset())
            return fail(Errc::bad_field, "Length", in_.offset());
        return in_.passed();
    }

    /// Up to `padding` more bytes may follow: a transport that moves double words fills up the last one, and
    /// those bytes are no part of the message.
    Result<ByteView> finish(std::size_t padding) const {
        auto taken = finish();
        if (taken && in_.left() > padding) return fail(Errc::trailing_bytes, "message", in_.offset());
        return taken;
    }

private:
    void check(std::string_view name) {
        if (in_.failed()) blame(Errc::truncated, name);
    }
    void blame(Errc code, std::string_view name) {
        if (!error_) error_ = Error{code, name, in_.offset()};
    }
    void tell(std::string_view name, std::size_t from) {
        if (!error_) observer_.field(name, from, in_.passed().subspan(from));
    }

    Context context_;
    Reader in_;
    Observer observer_;
    std::optional<Error> error_;
    std::optional<std::size_t> told_length_;
};

/// A context for structures whose layout depends on nothing.
struct Plain {};

}  // namespace busguard::wire
