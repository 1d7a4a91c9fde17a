#pragma once

#include "base/result.h"
#include "host/file_tree.h"

#include <set>
#include <string>
#include <string_view>

namespace busguard::daemon {

/// The one place that lets drivers have devices, and keeps them out.
class Gate {
public:
    explicit Gate(host::FileTree& sys) : sys_{&sys} {}

    /// From here on no driver takes a function by itself. Says whether it was open.
    Result<bool> close();
    /// As before close() and keep_from_virtual().
    Result<void> open();
    Result<bool> is_closed() const;

    /// Lets the kernel look for a driver and says which took it; empty: there is none for it. What was in
    /// driver_override before keep_out() comes back: `override_before`.
    Result<std::string> let_in(std::string_view address, std::string_view override_before);
    /// Virtual functions that it makes (SR-IOV) find no driver by themselves: the gate alone does not keep
    /// kernels before 6.19 from binding what appears.
    Result<void> keep_from_virtual(std::string_view physical);
    /// No driver has it and none will get it. A failure means that a driver may still have it.
    Result<void> keep_out(std::string_view address);
    /// What keep_out() would write over; empty: nothing, or what it wrote itself.
    std::string others_override(std::string_view address) const;
    /// Is it kept out by keep_out(), and nobody has it all the same?
    bool is_kept_out(std::string_view address) const;

    /// What stands in driver_override of a device that is kept out: no driver is called that.
    static constexpr std::string_view nobody = "busguard-keeps-out";

private:
    host::FileTree* sys_;
    std::set<std::string, std::less<>> physical_;  // whose virtual functions found drivers before
};

}  // namespace busguard::daemon
