#pragma once

#include "appraisal/verdict.h"
#include "base/bytes.h"
#include "examine/visit.h"
#include "spdm/measurement_record.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace busguard::daemon {

/// What the file ABI shows of a device.
struct DeviceView {
    std::string device;  ///< "pci/0000:01:00.0"

    enum class Support : std::uint8_t {
        none,     ///< it is known not to do this: nothing of the ABI is shown
        unknown,  ///< could not be found out: `authenticated` is shown, and gives ENOTTY
        present,  ///< it does, or once did: everything is shown, after failed attempts too
    };
    Support support = Support::unknown;
    bool authenticated = false;        ///< by the last attempt
    std::uint8_t supported_slots = 0;  ///< bit per slot that is shown; 0: no attempt came so far as to know
    std::map<spdm::SlotId, Bytes> slots;  ///< certificates in DER, root first, without SPDM's header

    std::vector<spdm::MeasurementBlock> measurements;  ///< of the last attempt
    std::optional<crypto::Hash> measurement_hash;      ///< that made those which are digests
    bool measurements_signed = false;

    std::string standing;  ///< one word: "waiting", "let-in", "kept-out", "quarantined"
    std::string owner;     ///< one word: "native", "kernel", "tsm:tsm0", "none"
    /// The whole text; empty: there is no verdict yet. Never null.
    std::shared_ptr<const std::string> verdict_json = std::make_shared<const std::string>();
};

/// Takes an attempt into what was known before: all members but `device`, `standing`, `owner` and
/// `verdict_json`. As in the Linux CMA series, a failed attempt takes no certificate away, and a device that
/// once did this never counts as one that does not.
void take_in(DeviceView& view, const examine::Visited& visited, const appraisal::Verdict& verdict);

}  // namespace busguard::daemon
