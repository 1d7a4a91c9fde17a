#include "daemon/gate.h"

#include "host/pci_driver.h"

namespace busguard::daemon {

Result<bool> Gate::close() {
    const auto was_open = TRY(host::autoprobe(*sys_));
    if (was_open) TRY(host::set_autoprobe(*sys_, false));
    return was_open;
}

Result<void> Gate::open() {
    // One that is gone by now needs nothing.
    for (const auto& physical : physical_) (void)host::set_virtual_autoprobe(*sys_, physical, true);
    physical_.clear();
    return host::set_autoprobe(*sys_, true);
}

Result<bool> Gate::is_closed() const {
    const auto on = TRY(host::autoprobe(*sys_));
    return !on;
}

Result<std::string> Gate::let_in(std::string_view address, std::string_view override_before) {
    const auto now = TRY(host::driver_override(*sys_, address));
    if (now == nobody) TRY(host::set_driver_override(*sys_, address, override_before));
    const auto physical = host::physical_function(*sys_, address);
    if (physical.empty()) {
        TRY(host::probe(*sys_, address));
    } else {
        // Where virtual functions find no driver by themselves they find none when asked to either
        // (drivers/pci/pci-driver.c, pci_device_can_probe()).
        TRY(host::set_virtual_autoprobe(*sys_, physical, true));
        const auto probed = host::probe(*sys_, address);
        TRY(host::set_virtual_autoprobe(*sys_, physical, false));
        if (!probed) return fail(probed.error());
    }
    return host::bound_driver(*sys_, address);
}

Result<void> Gate::keep_from_virtual(std::string_view physical) {
    if (!TRY(host::virtual_autoprobe(*sys_, physical))) return {};
    TRY(host::set_virtual_autoprobe(*sys_, physical, false));
    physical_.emplace(physical);
    return {};
}

Result<void> Gate::keep_out(std::string_view address) {
    // First the override, so that nobody takes it between the two.
    const auto before = TRY(host::driver_override(*sys_, address));
    if (before != nobody) TRY(host::set_driver_override(*sys_, address, nobody));
    TRY(host::unbind(*sys_, address));
    if (!host::bound_driver(*sys_, address).empty()) return fail(Errc::system, "unbind");
    return {};
}

std::string Gate::others_override(std::string_view address) const {
    const auto now = host::driver_override(*sys_, address);
    return now && *now != nobody ? *now : std::string{};
}

bool Gate::is_kept_out(std::string_view address) const {
    const auto now = host::driver_override(*sys_, address);
    return now && *now == nobody && host::bound_driver(*sys_, address).empty();
}

}  // namespace busguard::daemon
