#include "cli/devices.h"

#include "cli/visit_socket.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::cli {

void add_device_options(Command command, DeviceOptions& options) {
    const auto* const group = "Where the devices are";
    auto names = command.option("DEVICE", options.names, "pci/0000:01:00.0, or shortly 01:00.0");
    const auto all = command.flag("--all", options.all, "Every device that there is");
    add_place_options(command, options.place);
    auto socket =
        command
            .option("--socket", options.socket, "A device behind an emulator's socket (spdm-emu's framing)")
            .shown_as("HOST:PORT")
            .in_group(group);
    command.option("--transport", options.transport, "What the socket carries: mctp, pci_doe, none")
        .shown_as("NAME")
        .one_of({"mctp", "pci_doe", "none"})
        .needs(socket)
        .in_group(group);
    names.excludes(all);
    socket.excludes(names).excludes(all).excludes("--sysfs").excludes("--machine");
}

void add_plan_options(Command command, PlanOptions& options) {
    command
        .option("--slot", options.slot,
                "Certificate slot, 0 to 7 (default: the lowest one whose root is trusted)")
        .shown_as("N")
        .in_range(0, 7)
        .in_group("What is asked of a device");
}

examine::VisitPlan plan_of(const PlanOptions& options, const examine::Judge& judge) {
    auto plan = judge.plan();
    if (options.slot >= 0)
        plan.plan.slots = static_cast<std::uint8_t>(1U << static_cast<unsigned>(options.slot));
    return plan;
}

Tried<Target> Target::open(Session& session, const DeviceOptions& options) {
    Target target;
    if (!options.socket.empty()) {
        target.socket_ = options.socket;
        target.transport_ = options.transport;
        return target;
    }
    if (options.names.empty() && !options.all)
        return usage("DEVICE", "no device was named", "name one, or say --all; busguard list shows them");
    for (const auto& name : options.names) {
        const auto device = device_name(name);
        if (!device)
            return usage("DEVICE", fmt::format("no device name: {}", name),
                         "a device is named like pci/0000:01:00.0; busguard list shows them");
        target.devices_.push_back(*device);
    }
    target.place_ = TRY(Place::open(session, options.place));
    const auto there = TRY(
        or_trouble(options.place.sysfs + "/bus/pci/devices", target.place_->tree().list("bus/pci/devices")));
    if (options.all) {
        target.by_name_ = false;
        for (const auto& address : there) target.devices_.push_back("pci/" + address);
        return target;
    }
    for (const auto& device : target.devices_)
        if (std::ranges::find(there, host::address_of(device)) == there.end())
            return trouble("not_found", {.where = {},
                                         .line = 0,
                                         .field = "DEVICE",
                                         .message = "no such device: " + device,
                                         .remedy = "busguard list shows them"});
    return target;
}

Tried<std::vector<examine::Visited>> Target::visit(Session& session, const examine::VisitPlan& plan) const {
    if (place_) return examine::visit_all(surroundings(session, *place_), devices_, plan);
    std::vector<examine::Visited> only;
    only.push_back(TRY(visit_socket(session, socket_, transport_, plan)));
    return only;
}

std::vector<crypto::Certificate> Target::anchors() const {
    if (place_) return place_->anchors();
    return {};
}

}  // namespace busguard::cli
