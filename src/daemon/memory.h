#pragma once

#include "base/result.h"
#include "logbook/entry.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace busguard::daemon {

/// What must not be forgotten of a device.
struct Remembered {
    std::string device;         ///< "pci/0000:01:00.0"
    std::string identity;       ///< of the device that was accepted here: trust::cma_name(); empty: none was
    std::string key;            ///< that it signed with: appraisal::Signer::key; empty: it did not
    std::string boot;           ///< in which boot that was; afterwards neither counts
    bool let_in = false;        ///< a driver may have it
    bool bound_before = false;  ///< a driver had it before the guard could look, and nobody took it back
    std::string quarantine;     ///< the reason code for which it is quarantined; empty: it is not
    std::string override_before;  ///< what driver_override said before the guard wrote it
    bool once_tsm = false;        ///< a TSM owned it

    friend bool operator==(const Remembered&, const Remembered&) = default;
};

/// Where evidence is in the log; nothing: there is none.
using EvidenceIndex = std::optional<std::uint64_t>;

/// What is written down beside evidence.
using Note = std::variant<logbook::Verdict, logbook::Change>;

/// The rules of the moment, by their digests (logbook::Entry).
struct InForce {
    tlog::TreeHash policy{}, anchors{};
};

/// Where the guard keeps what must survive it: evidence and notes in the log, for ever and for everybody; and
/// what is remembered. A call that succeeded survives a crash. Errors of all: system, too_large (the disk is
/// full).
class Memory {
public:
    virtual ~Memory() = default;

    /// Evidence, before anybody judges it, all or none: for each, in order, the index of its entry in the
    /// log. Nothing for one that is larger than anything the log takes.
    virtual Result<std::vector<EvidenceIndex>> keep(std::span<const evidence::Bundle* const> bundles) = 0;
    virtual Result<evidence::Bundle> evidence(std::uint64_t index) = 0;
    /// All or none, in this order.
    virtual Result<void> write_down(std::span<const Note> notes) = 0;
    /// By what everything from now on is decided.
    virtual void in_force(const InForce& rules) = 0;

    /// In place of what was remembered of these devices, all or none.
    virtual Result<void> remember(std::span<const Remembered> devices) = 0;
    virtual Result<std::vector<Remembered>> recall() = 0;
};

}  // namespace busguard::daemon
