#pragma once

#include "appraisal/signer.h"
#include "appraisal/verdict.h"
#include "base/pci_identity.h"
#include "daemon/memory.h"
#include "examine/visit.h"
#include "owner/owner.h"
#include "policy/policy.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace busguard::daemon {

/// Whether drivers may have a device.
enum class Standing : std::uint8_t {
    waiting,      ///< nobody has judged it yet
    let_in,       ///< by the policy
    kept_out,     ///< by the policy
    quarantined,  ///< kept out until an operator releases it
};
constexpr std::string_view name(Standing standing) {
    switch (standing) {
        case Standing::waiting: return "waiting";
        case Standing::let_in: return "let-in";
        case Standing::kept_out: return "kept-out";
        case Standing::quarantined: return "quarantined";
    }
    return "unknown";
}

/// Why a device is examined.
enum class Cause : std::uint8_t {
    start,      ///< the guard begins
    appeared,   ///< it was not there before
    changed,    ///< an event says that something about it is new
    bound,      ///< a driver has just got it: is it still the device that was authenticated?
    resumed,    ///< the machine slept
    recovered,  ///< a reset, an AER or DPC recovery
    requested,  ///< somebody asked
    scheduled,  ///< the policy's interval
    reloaded,   ///< policy or anchors are new
    owner,      ///< a TSM came or went
    retried,    ///< the last time nothing could be found out
};
std::string_view name(Cause cause);

/// One device, as the guard sees it.
struct Device {
    std::string name;     ///< "pci/0000:01:00.0"
    std::string address;  ///< "0000:01:00.0"
    std::string place;    ///< "devices/pci0000:00/0000:00:01.0/0000:01:00.0"
    std::string location;
    std::string physical;  ///< of a virtual function: the address of its physical one
    std::optional<PciIdentity> pci;
    std::string driver;         ///< that has it now; empty: none
    bool bound_before = false;  ///< a driver had it before the guard could look, and has it still
    owner::Owner owner;

    Standing standing = Standing::waiting;
    std::optional<appraisal::Verdict> verdict;  ///< of the last examination
    std::optional<appraisal::Signer> signer;
    std::map<std::string, std::string> measurements;  ///< signed: "1" → the block's value, lower-case hex
    std::optional<policy::Decision> decision;
    EvidenceIndex evidence;  ///< the last that was kept
    std::optional<std::chrono::sys_seconds> judged_at;
    Cause cause = Cause::start;
    Remembered remembered;
};

/// Bridges and what belongs to the host itself (base class 06): without a rule of their own they are let in,
/// for nothing behind them would be there without.
bool is_bridge(const Device& device);
/// Examinations after which a device that cannot show that it is the same is out at once.
bool is_strict(Cause cause);
/// Nothing could be found out this time; the next time may be better.
bool is_transient(const appraisal::Verdict& verdict);
/// Somebody else owns the device: nobody looked at it.
bool is_of_owner(const appraisal::Verdict& verdict);
/// A device was let in here in this boot, and has not gone since.
bool was_accepted(const Remembered& remembered);
/// What was accepted counts no more: what comes next is another device.
void forget_acceptance(Remembered& remembered);

/// Something that happened, for journals, audit and whoever watches.
struct Event {
    std::string_view name;  ///< stable, "device.let-in"
    const Device* device = nullptr;
    std::string_view reason;  ///< a reason code, or empty
    std::string detail;       ///< for people; may be empty
};

/// Who is told what the guard does. Called on the guard's thread; must not call it back.
class Audience {
public:
    virtual ~Audience() = default;

    /// An examination ended. `evidence` is what was kept, if there was any.
    virtual void examined(const Device& device, const examine::Visited& visited, EvidenceIndex evidence) = 0;
    /// What is shown of the device changed.
    virtual void changed(const Device& device) = 0;
    virtual void gone(const Device& device) = 0;
    virtual void happened(const Event& event) = 0;
};

}  // namespace busguard::daemon
