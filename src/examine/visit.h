#pragma once

#include "appraisal/verdict.h"
#include "base/seams.h"
#include "drive/loop.h"
#include "evidence/bundle.h"
#include "host/file_tree.h"
#include "spdm/authentication.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace busguard::transport {
class Channel;
}

namespace busguard::examine {

/// What a visit to a device brought back: evidence, or the verdict that follows from there being none.
struct Visited {
    std::string device;  ///< "pci/0000:01:00.0"
    std::optional<PciIdentity> pci;
    std::string driver;
    std::optional<evidence::Bundle> bundle;
    std::optional<appraisal::Verdict> without;  ///< set exactly if `bundle` is not
};

/// What to find out, from every device alike.
struct VisitPlan {
    spdm::Plan plan;
    std::optional<spdm::Nonce> nonce;  ///< of the CHALLENGE; nothing: a fresh one for each device
};

/// What visits stand on. All of it outlives them.
struct Surroundings {
    /// Of the shape of /sys. Where a kernel owns devices it is used from other threads as well: no emulated
    /// machine shows such.
    host::FileTree* tree = nullptr;
    Clock* clock = nullptr;
    Entropy* entropy = nullptr;
    std::string locks;        ///< directory of the device locks; empty: nobody else speaks to these devices
    std::string recorded_by;  ///< program and version, for the evidence
};

/// One PCI function, from its name to what it said: look at it, ask its mailboxes what they carry, speak SPDM
/// with the first that does. A function that a TSM owns is left alone; a kernel that owns one (the CMA
/// series) is asked to challenge it with our nonce, in a thread of its own.
class Visit final : public drive::Task {
public:
    Visit(const Surroundings& around, std::string device, const VisitPlan& plan);
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() override;

    std::optional<drive::Wake> resume(Time now) override;

    /// Once resume() gave nothing.
    Visited take() &&;

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

/// Visits the devices side by side: as long as the slowest takes, not as long as all.
std::vector<Visited> visit_all(const Surroundings& around, const std::vector<std::string>& devices,
                               const VisitPlan& plan);

/// The device behind an emulator's socket; `device` is its name, "emulated/127.0.0.1:2323".
Visited visit_channel(const Surroundings& around, std::string device, transport::Channel& channel,
                      const VisitPlan& plan);

/// The verdict on a device to which no dialogue was possible.
appraisal::Verdict verdict_without(const Error& error);

}  // namespace busguard::examine
