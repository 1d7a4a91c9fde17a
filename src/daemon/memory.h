#pragma once

#include "base/result.h"
#include "evidence/bundle.h"

#include <cstdint>
#include <span>
#include <string>
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

/// Where the guard keeps what must survive it. A call that succeeded survives a crash. Errors of all: system,
/// too_large (the disk is full).
class Memory {
public:
    virtual ~Memory() = default;

    /// Evidence, before anybody judges it, all or none; an id for each, in order, ascending for ever.
    virtual Result<std::vector<std::int64_t>> keep(std::span<const evidence::Bundle* const> bundles) = 0;
    virtual Result<evidence::Bundle> evidence(std::int64_t id) = 0;

    /// In place of what was remembered of these devices, all or none.
    virtual Result<void> remember(std::span<const Remembered> devices) = 0;
    virtual Result<std::vector<Remembered>> recall() = 0;
};

}  // namespace busguard::daemon
