#include "cli/devices.h"

#include "spdm/certificate_chain.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace busguard::cli {

void add_device_options(CLI::App& app, DeviceOptions& options) {
    const auto* const group = "Where the devices are";
    auto* names = app.add_option("DEVICE", options.names, "pci/0000:01:00.0, or shortly 01:00.0");
    auto* all = app.add_flag("--all", options.all, "Every device that there is");
    add_place_options(app, options.place);
    auto* socket = app.add_option("--socket", options.socket,
                                  "A device behind an emulator's socket (spdm-emu's framing)")
                       ->type_name("HOST:PORT")
                       ->group(group);
    app.add_option("--transport", options.transport, "What the socket carries: mctp, pci_doe, none")
        ->type_name("NAME")
        ->check(CLI::IsMember({"mctp", "pci_doe", "none"}))
        ->needs(socket)
        ->group(group);
    names->excludes(all);
    socket->excludes(names)->excludes(all)->excludes("--sysfs")->excludes("--machine");
}

void add_plan_options(CLI::App& app, PlanOptions& options) {
    app.add_option("--slot", options.slot,
                   "Certificate slot, 0 to 7 (default: the lowest one whose root is trusted)")
        ->type_name("N")
        ->check(CLI::Range(0, 7))
        ->group("What is asked of a device");
}

Tried<VisitPlan> plan_of(const PlanOptions& options, const Judge& judge) {
    VisitPlan plan;
    plan.nonce = judge.nonce();
    if (options.slot >= 0)
        plan.plan.slots = static_cast<std::uint8_t>(1U << static_cast<unsigned>(options.slot));
    // The chain's root hash tells at once whose it is; whether the chain holds is for the appraisal.
    plan.plan.choose_slot = [anchors = judge.anchors()](
                                const std::map<spdm::SlotId, spdm::SlotChain>& chains,
                                const spdm::Agreed& agreed) -> std::optional<spdm::SlotId> {
        if (chains.empty()) return std::nullopt;
        const auto hash = spdm::hash_of(agreed.hash);
        for (const auto& [slot, chain] : chains) {
            const auto structure = spdm::read_chain_structure(chain.structure, crypto::size(hash));
            if (!structure) continue;
            for (const auto& anchor : anchors.certificates())
                if (same(anchor.fingerprint(hash), structure->root_hash)) return slot;
        }
        return chains.begin()->first;
    };
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
        if (std::ranges::find(there, address_of(device)) == there.end())
            return trouble("not_found", {.where = {},
                                         .line = 0,
                                         .field = "DEVICE",
                                         .message = "no such device: " + device,
                                         .remedy = "busguard list shows them"});
    return target;
}

Tried<std::vector<Visited>> Target::visit(Session& session, const VisitPlan& plan) const {
    if (place_) return cli::visit(session, *place_, devices_, plan);
    std::vector<Visited> only;
    only.push_back(TRY(visit_socket(session, socket_, transport_, plan)));
    return only;
}

std::vector<crypto::Certificate> Target::anchors() const {
    if (place_) return place_->anchors();
    return {};
}

}  // namespace busguard::cli
