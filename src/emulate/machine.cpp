#include "emulate/machine.h"

#include <algorithm>

namespace busguard::emulate {

Checked<std::unique_ptr<Machine>> Machine::make(const MachineDescription& description,
                                                const std::filesystem::path& state, Clock& clock,
                                                Entropy& entropy) {
    auto credentials = TRY(provide_credentials(description, state, entropy));
    return std::unique_ptr<Machine>{new Machine(description, std::move(credentials), clock, entropy)};
}

Machine::Machine(const MachineDescription& description, MachineCredentials credentials, Clock& clock,
                 Entropy& entropy)
    : pci_{tree_, description.drivers, description.tsms, description.autoprobe},
      anchors_{std::move(credentials.anchors)} {
    for (const auto& its : description.devices) {
        devices_.push_back(
            std::make_unique<Device>(its, std::move(credentials.slots[its.address]), clock, entropy));
        auto& device = *devices_.back();
        if (its.under)
            if (auto* bridge = this->device(*its.under))
                bridge->config().lead_to(its.under->bus, its.address.bus);
        pci_.add({.address = its.address,
                  .under = its.under,
                  .identity = its.identity,
                  .driver = its.driver,
                  .features = device.visible_features(),
                  .tsm = its.tsm,
                  .config = &device.config()});
    }
}

Device* Machine::device(PciAddress address) {
    const auto found = std::ranges::find_if(
        devices_, [&](const auto& one) { return one->description().address == address; });
    return found == devices_.end() ? nullptr : found->get();
}

}  // namespace busguard::emulate
