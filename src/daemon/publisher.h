#pragma once

#include "daemon/device.h"
#include "daemon/file_abi.h"

#include <functional>
#include <string>

namespace busguard::daemon {

/// How grave an event is, in syslog's numbers (RFC 5424 6.2.1): systemd reads them off the front of a line.
enum class Priority : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6 };
Priority priority_of(const Event& event);

/// "device.let-in pci/0000:01:00.0 rule=\"genuine\" state=authenticated", without a line feed; printable.
std::string line_of(const Event& event);

/// Tells the world what the guard does: the file ABI, and a line for each event.
class Publisher final : public Audience {
public:
    using Log = std::function<void(Priority priority, const std::string& line)>;

    /// `files` outlives it.
    Publisher(FileAbi& files, bool enforcing, Log log)
        : files_{&files}, enforcing_{enforcing}, log_{std::move(log)} {}

    void examined(const Device& device, const examine::Visited& visited, EvidenceIndex evidence) override;
    void changed(const Device& device) override;
    void gone(const Device& device) override;
    void happened(const Event& event) override;

private:
    DeviceView view_of(const Device& device) const;

    FileAbi* files_;
    bool enforcing_;
    Log log_;
};

}  // namespace busguard::daemon
