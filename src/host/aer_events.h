#pragma once

#include "base/result.h"
#include "host/descriptor.h"
#include "host/uevents.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace busguard::host {

/// One line of a trace: an uncorrectable error that a PCI device reported (the tracepoint ras:aer_event,
/// include/ras/ras_event.h), as the event that the kernel sends when it begins to recover: `change` with
/// ERROR_EVENT, here "UNCORRECTED" or "FATAL". Nothing for other lines: corrected errors, other tracepoints.
std::optional<Uevent> aer_event_from_line(std::string_view line);

/// Errors of PCI devices of which the kernel may send no uevent: those that firmware sees first (APEI), and
/// those of devices that need no recovery. Read from a trace instance of its own, which others' tracing does
/// not touch. A device that raises errors without end overruns it, and that is not told: what a recovery
/// follows, uevents tell, and no device may have all others looked at again.
class AerEvents final : public UeventSource {
public:
    static constexpr auto kernels_tracefs = "/sys/kernel/tracing";

    /// Makes the instance NAME and removes it at the end; one that a killed process left is taken over.
    /// Errors: not_found where there is no tracefs or no such tracepoint; permission (lockdown too), system.
    static Result<std::unique_ptr<AerEvents>> listen(const std::string& tracefs = kernels_tracefs,
                                                     const std::string& name = "busguard");
    AerEvents(const AerEvents&) = delete;
    AerEvents& operator=(const AerEvents&) = delete;
    ~AerEvents() override;

    Result<Uevents> take() override;
    int descriptor() const override { return pipe_.number(); }

private:
    AerEvents(std::string instance, Descriptor pipe)
        : instance_{std::move(instance)}, pipe_{std::move(pipe)} {}
    void take_lines(Uevents& out);

    std::string instance_;
    Descriptor pipe_;
    std::string rest_;  // of a line whose end was not there yet
};

}  // namespace busguard::host
