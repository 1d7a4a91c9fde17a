#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "host/descriptor.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::host {

/// Something happened to a device, in the kernel's words. Root may make the kernel say it of any device by
/// writing to its `uevent` file: look at the device before believing it.
struct Uevent {
    std::string action;     ///< add, remove, change, move, online, offline, bind, unbind
    std::string path;       ///< DEVPATH without its leading slash: the device's directory in /sys
    std::string subsystem;  ///< e.g. "pci", "tsm"
    std::map<std::string, std::string, std::less<>> properties;  ///< all others, e.g. PCI_SLOT_NAME, SEQNUM

    /// The last part of the path, e.g. "0000:01:00.0".
    std::string_view name() const;
    /// Empty if there is no such property.
    std::string_view property(std::string_view key) const;

    friend bool operator==(const Uevent&, const Uevent&) = default;
};

struct Uevents {
    std::vector<Uevent> events;  ///< in the order in which they happened
    bool lost = false;           ///< some were dropped or could not be read: look at everything again
};

class UeventSource {
public:
    UeventSource() = default;
    UeventSource(const UeventSource&) = delete;
    UeventSource& operator=(const UeventSource&) = delete;
    virtual ~UeventSource() = default;

    /// What is there now, without waiting; of very many a part, and the rest the next time.
    virtual Result<Uevents> take() = 0;
    /// Readable when there are some; -1: there is none, ask again from time to time.
    virtual int descriptor() const = 0;
};

/// Reads one event in the kernel's form: "add@/devices/…" and then "KEY=value", each with a NUL behind it
/// (lib/kobject_uevent.c). Errors: truncated, too_large, bad_field, mismatch, each with the field that is
/// wrong; unsupported for udev's own form.
Result<Uevent> parse_uevent(ByteView datagram);

/// The kernel's events (NETLINK_KOBJECT_UEVENT), from now on. What another process sends is ignored.
class NetlinkUevents final : public UeventSource {
public:
    static constexpr std::size_t most_at_once = 1024;          ///< datagrams that one take() looks at
    static constexpr std::size_t default_buffer = 16U << 20U;  ///< bytes that wait in the kernel at most

    /// Only events of these `subsystems` are kept; of all if there are none. `buffer` is what is asked for:
    /// without CAP_NET_ADMIN the system's own limit stands. Errors: permission, system.
    static Result<std::unique_ptr<NetlinkUevents>> listen(std::vector<std::string> subsystems,
                                                          std::size_t buffer = default_buffer);

    Result<Uevents> take() override;
    int descriptor() const override { return socket_.number(); }

private:
    NetlinkUevents(Descriptor socket, std::vector<std::string> subsystems)
        : socket_{std::move(socket)}, subsystems_{std::move(subsystems)} {}

    bool is_wanted(ByteView datagram) const;

    Descriptor socket_;
    std::vector<std::string> subsystems_;
};

}  // namespace busguard::host
