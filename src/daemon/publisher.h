#pragma once

#include "daemon/device.h"
#include "daemon/file_abi.h"

#include <functional>
#include <string>
#include <vector>

namespace busguard::daemon {

/// How grave an event is, in syslog's numbers (RFC 5424 6.2.1): systemd reads them off the front of a line.
enum class Priority : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6 };
Priority priority_of(const Event& event);

/// "device.let-in pci/0000:01:00.0 rule=\"genuine\" state=authenticated", without a line feed; printable.
std::string line_of(const Event& event);

/// The same for systemd's journal, "NAME=value" each (systemd.journal-fields(7)): MESSAGE, PRIORITY and
/// BUSGUARD_EVENT; as far as they are known BUSGUARD_DEVICE, _STANDING, _RULE, _STATE, _OWNER, _DRIVER,
/// _REASON and _DETAIL. Values are as they came, of any bytes.
std::vector<std::string> fields_of(const Event& event);

/// Tells the world what the guard does: the file ABI, and each event.
class Publisher final : public Audience {
public:
    using Log = std::function<void(Priority priority, const std::string& line)>;
    using Tell = std::function<void(const Event& event)>;

    /// `files` outlives it.
    Publisher(FileAbi& files, bool enforcing, Tell tell)
        : files_{&files}, enforcing_{enforcing}, tell_{std::move(tell)} {}

    void examined(const Device& device, const examine::Visited& visited, EvidenceIndex evidence) override;
    void changed(const Device& device) override;
    void gone(const Device& device) override;
    void happened(const Event& event) override;

private:
    DeviceView view_of(const Device& device) const;

    FileAbi* files_;
    bool enforcing_;
    Tell tell_;
};

}  // namespace busguard::daemon
