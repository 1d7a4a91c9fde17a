#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace busguard::appraisal {

/// What a verdict says of a device.
enum class State : std::uint8_t {
    authenticated,
    failed,               ///< what it said is wrong: not the device it claims to be, or not as it should be
    unsupported,          ///< it is known not to do this at all
    unreachable,          ///< it did not answer as a device has to
    undetermined,         ///< could not be found out; never to be taken as unsupported
    no_reference,         ///< genuine and measured, with nothing to compare the measurements with
    bound_before_policy,  ///< a driver had it before anybody could look
};
/// "authenticated", "no-reference", …: stable, for JSON.
std::string_view name(State state);
std::optional<State> state_named(std::string_view wanted);

/// Why a check did not pass. The codes are stable: scripts and policies name them.
struct Reason {
    std::string_view code;         ///< "chain.untrusted-root"
    State state{};                 ///< of a verdict that this decides
    std::string_view meaning;      ///< what was found; a sentence
    std::string_view consequence;  ///< what it may mean for the owner
    std::string_view remedy;       ///< what to do
};

/// All there are, sorted by code: the man page is made of them.
std::span<const Reason> all_reasons();
/// Null for a code that is not in the list.
const Reason* find_reason(std::string_view code);
/// Of a code that is known to be in the list; one that is not gives "internal.unknown-reason", never a pass.
const Reason& reason(std::string_view code);

/// The reason that a dialogue's or transport's error stands for.
const Reason& reason_of(const Error& error);

}  // namespace busguard::appraisal
