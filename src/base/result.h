#pragma once

#include "base/error.h"

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace busguard {

/// An error on its way into a Result.
template <class E = Error>
struct Failure {
    E error;
};

constexpr Failure<Error> fail(Error error) { return {error}; }
constexpr Failure<Error> fail(Errc code, std::string_view what, std::size_t offset = 0,
                              std::uint32_t detail = 0) {
    return {{code, what, offset, detail}};
}

/// A value, or the error that stands in its place.
///
/// A part of std::expected's interface under std::expected's names. It is our own because libstdc++ 12's is
/// not
/// [[nodiscard]] and has no and_then.
template <class T, class E = Error>
class [[nodiscard]] Result {
public:
    using value_type = T;

    template <class U = T>
        requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
    constexpr Result(U&& value) : held_{std::in_place_index<0>, std::forward<U>(value)} {}
    constexpr Result(Failure<E> failure) : held_{std::in_place_index<1>, std::move(failure.error)} {}

    constexpr explicit operator bool() const { return held_.index() == 0; }
    constexpr const E& error() const { return *std::get_if<1>(&held_); }

    constexpr T& operator*() & { return *std::get_if<0>(&held_); }
    constexpr const T& operator*() const& { return *std::get_if<0>(&held_); }
    constexpr T&& operator*() && { return std::move(*std::get_if<0>(&held_)); }
    constexpr T* operator->() { return std::get_if<0>(&held_); }
    constexpr const T* operator->() const { return std::get_if<0>(&held_); }

private:
    std::variant<T, E> held_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
public:
    using value_type = void;

    constexpr Result() = default;
    constexpr Result(Failure<E> failure) : error_{std::move(failure.error)} {}

    constexpr explicit operator bool() const { return !error_; }
    constexpr const E& error() const { return *error_; }
    constexpr void operator*() const {}

private:
    std::optional<E> error_;
};

}  // namespace busguard

/// `auto x = TRY(f());` takes the value out of f's Result, or returns f's error from here.
/// The one macro of the code base. It is not nested: the inner value gets a name instead.
#define TRY(expression)                                                               \
    __extension__({                                                                   \
        auto&& try_result = (expression);                                             \
        static_assert(!std::is_lvalue_reference_v<decltype(*std::move(try_result))>); \
        if (!try_result) [[unlikely]]                                                 \
            return ::busguard::fail(try_result.error());                              \
        *std::move(try_result);                                                       \
    })
