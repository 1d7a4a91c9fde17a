#pragma once

#include "base/seams.h"
#include "emulate/config_registers.h"
#include "emulate/doe_registers.h"
#include "emulate/endpoint.h"
#include "emulate/lies.h"
#include "emulate/machine_description.h"
#include "spdm/responder.h"

#include <map>
#include <memory>
#include <optional>

namespace busguard::emulate {

using ProvisionedSlots = std::map<spdm::SlotId, spdm::ProvisionedSlot>;

/// What a described device shows of itself in SPDM, its tampered measurement included.
spdm::Profile profile_of(const DeviceDescription& description, ProvisionedSlots slots);

/// A device that lives: its configuration space, the mailbox in it, and the responder behind that.
class Device {
public:
    /// `entropy` and `clock` outlive it.
    Device(DeviceDescription description, ProvisionedSlots slots, Clock& clock, Entropy& entropy);
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    ~Device() = default;

    const DeviceDescription& description() const { return description_; }
    ConfigRegisters& config() { return *config_; }
    /// What its mailbox leads to, lies included; null without SPDM.
    Endpoint* endpoint() { return endpoint_.get(); }
    /// A conversation apart from the mailbox's, for a link of its own; null without SPDM. The device outlives
    /// it.
    std::unique_ptr<Endpoint> converse() const;
    /// The mailbox is idle again, and its SPDM connection gone. `endpoint()` is another one.
    void reset();
    /// The data objects that a kernel finds at enumeration; none if the mailbox does not work.
    std::vector<transport::DoeProtocol> visible_features() const;

private:
    DeviceDescription description_;
    Clock* clock_;
    Entropy* entropy_;
    std::optional<spdm::Profile> profile_;
    std::unique_ptr<Endpoint> endpoint_;
    std::optional<DoeRegisters> mailbox_;
    std::optional<ConfigRegisters> config_;  // always; made last, around the mailbox
};

}  // namespace busguard::emulate
