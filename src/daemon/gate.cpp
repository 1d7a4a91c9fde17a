#include "daemon/gate.h"

#include "host/pci_driver.h"

namespace busguard::daemon {

Result<bool> Gate::close() {
    const auto was_open = TRY(host::autoprobe(*sys_));
    if (was_open) TRY(host::set_autoprobe(*sys_, false));
    return was_open;
}

Result<void> Gate::open() { return host::set_autoprobe(*sys_, true); }

Result<bool> Gate::is_closed() const {
    const auto on = TRY(host::autoprobe(*sys_));
    return !on;
}

Result<std::string> Gate::let_in(std::string_view address, std::string_view override_before) {
    const auto now = TRY(host::driver_override(*sys_, address));
    if (now == nobody) TRY(host::set_driver_override(*sys_, address, override_before));
    TRY(host::set_virtual_autoprobe(*sys_, address, false));
    TRY(host::probe(*sys_, address));
    return host::bound_driver(*sys_, address);
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
