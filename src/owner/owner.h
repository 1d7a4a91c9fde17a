#pragma once

#include "host/ownership.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who speaks SPDM to a device: there is one session owner per transport, and two destroy each other's
/// sessions.
namespace busguard::owner {

/// Who may speak to a device. Never more than one at a time.
struct Owner {
    enum class Kind : std::uint8_t {
        none,    ///< nobody
        native,  ///< busguard
        kernel,  ///< a kernel with the CMA series
        tsm,     ///< a platform security manager, by tsm/connect
    };
    Kind kind = Kind::none;
    std::string tsm;  ///< "tsm0"; in a preference empty: any

    /// "none", "native", "kernel", "tsm:tsm0", "tsm".
    std::string text() const;
    static std::optional<Owner> parse(std::string_view text);

    friend bool operator==(const Owner&, const Owner&) = default;
};

/// Who owns the device by what /sys says. `none`: nobody, so busguard may.
Owner owner_by(const host::OwnershipFacts& facts);

/// All that decides what is done about a device's owner.
struct Situation {
    host::OwnershipFacts facts;
    std::vector<Owner> wanted;         ///< by the policy, best first; empty: native
    std::vector<std::string> refused;  ///< TSMs that were asked in this round and refused (ENXIO)
    std::string stale;      ///< the TSM that was connected when the device lost its state; empty: none did
    bool once_tsm = false;  ///< a TSM owned it before: nothing but an operator brings it back to native
};

struct Step {
    enum class Act : std::uint8_t {
        speak,       ///< busguard is the owner
        observe,     ///< leave the mailbox alone: another is, whose word is taken, or nobody is to be
        connect,     ///< ask `tsm` to take it, then decide again
        disconnect,  ///< take it from `tsm`, whose session is gone, then decide again
        keep_out,    ///< nobody may own it now; `reason` says why
    };
    Act act{};
    std::string tsm;
    std::string_view reason;  ///< a reason code (appraisal/reason.h); of keep_out and observe

    friend bool operator==(const Step&, const Step&) = default;
};

/// What to do next. Pure. The order of `wanted` is the order of preference: a later one is taken only if the
/// earlier ones cannot be had. A device that a TSM owned never falls to `native` by itself.
Step next_step(const Situation& situation);

}  // namespace busguard::owner
