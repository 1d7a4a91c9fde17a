#include "emulate/machine.h"

#include <algorithm>

namespace busguard::emulate {
namespace {

Problem no_place(const DeviceDescription& its, std::string message) {
    return {.where = "device " + its.address.text(), .message = std::move(message)};
}

PciFunction function_of(Device& device) {
    const auto& its = device.description();
    PciFunction function{.address = its.address,
                         .under = its.under,
                         .identity = its.identity,
                         .driver = its.driver,
                         .features = device.visible_features(),
                         .tsm = its.tsm,
                         .config = &device.config(),
                         .sriov = its.sriov,
                         .removable = its.removable};
    // By a reset of the bus, as most devices are: one of the function alone would leave SPDM its connection
    // (PCIe 6.2, 6.6.2).
    if (its.identity.header_type == 0) function.reset = [&device] { device.reset(); };
    return function;
}

}  // namespace

Checked<std::unique_ptr<Machine>> Machine::make(const MachineDescription& description,
                                                const std::filesystem::path& state, Clock& clock,
                                                Entropy& entropy) {
    auto credentials = TRY(provide_credentials(description, state, entropy));
    return std::unique_ptr<Machine>{new Machine(description, std::move(credentials), clock, entropy)};
}

Machine::Machine(MachineDescription description, MachineCredentials credentials, Clock& clock,
                 Entropy& entropy)
    : description_{std::move(description)},
      authorities_{std::move(credentials.authorities)},
      anchors_{std::move(credentials.anchors)},
      clock_{&clock},
      entropy_{&entropy},
      pci_{tree_,
           {.drivers = description_.drivers,
            .tsms = description_.tsms,
            .autoprobe = description_.autoprobe,
            .autoprobe_holds_for_hotplug = description_.autoprobe_holds_for_hotplug},
           &uevents_} {
    for (const auto& its : description_.devices) {
        auto& device = install(its, std::move(credentials.slots[its.address]));
        pci_.add(function_of(device), its.present);
    }
    (void)uevents_.take();  // nobody listened yet; in memory this cannot fail
}

Device* Machine::device(PciAddress address) {
    const auto found = std::ranges::find_if(
        devices_, [&](const auto& one) { return one->description().address == address; });
    return found == devices_.end() ? nullptr : found->get();
}

/// In the place of the device that had the address, if one had. Bridges get their bus numbers.
Device& Machine::install(const DeviceDescription& its, ProvisionedSlots slots) {
    auto made = std::make_unique<Device>(its, std::move(slots), *clock_, *entropy_);
    auto& device = *made;
    const auto before = std::ranges::find_if(
        devices_, [&](const auto& one) { return one->description().address == its.address; });
    if (before == devices_.end())
        devices_.push_back(std::move(made));
    else
        replaced_.push_back(std::exchange(*before, std::move(made)));
    if (its.under)
        if (auto* bridge = this->device(*its.under))
            bridge->config().lead_to(its.under->bus, its.address.bus);
    if (its.identity.header_type == 1)
        for (const auto& other : devices_)
            if (other->description().under == its.address)
                device.config().lead_to(its.address.bus, other->description().address.bus);
    return device;
}

Checked<void> Machine::plug(const DeviceDescription& its) {
    if (!pci_.is_free(its.address)) return fail(no_place(its, "there is a device already"));
    if (its.under) {
        const auto* bridge = device(*its.under);
        if (bridge == nullptr || bridge->description().identity.header_type != 1 ||
            !pci_.is_present(*its.under))
            return fail(no_place(its, "there is no bridge " + its.under->text()));
    }
    auto slots = TRY(provide_slots(its, description_, authorities_, *entropy_));
    (void)pci_.plug(function_of(install(its, std::move(slots))));  // the slot is free
    return {};
}

Result<void> Machine::plug(PciAddress address) {
    TRY(pci_.plug(address));
    reset_with_all_below(address);  // it was without power
    return {};
}

Result<void> Machine::unplug(PciAddress address) { return pci_.unplug(address); }

Checked<void> Machine::replace(PciAddress address, DeviceDescription its) {
    its.address = address;
    const auto* old = device(address);
    if (old == nullptr) return fail(no_place(its, "there is no such device"));
    its.under = old->description().under;
    auto slots = TRY(provide_slots(its, description_, authorities_, *entropy_));
    (void)pci_.replace(function_of(install(its, std::move(slots))));  // there is a slot
    return {};
}

Result<void> Machine::recover(PciAddress address, bool succeeds) {
    if (device(address) == nullptr) return fail(Errc::not_found, "PCI address");
    if (!pci_.is_present(address)) return fail(Errc::unexpected, "recover");
    pci_.change(address, {{"ERROR_EVENT", "BEGIN_RECOVERY"}, {"DEVICE_ONLINE", "0"}});
    reset_with_all_below(address);
    pci_.change(address, {{"ERROR_EVENT", succeeds ? "SUCCESSFUL_RECOVERY" : "FAILED_RECOVERY"},
                          {"DEVICE_ONLINE", succeeds ? "1" : "0"}});
    return {};
}

void Machine::sleep() {
    for (const auto& one : devices_) one->reset();
}

void Machine::reset_with_all_below(PciAddress address) {
    for (const auto& one : devices_) {
        const auto& its = one->description();
        if (its.address == address)
            one->reset();
        else if (its.under == address)
            reset_with_all_below(its.address);
    }
}

}  // namespace busguard::emulate
