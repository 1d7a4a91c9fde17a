#include "cli/json.h"
#include "cli/options.h"
#include "cli/place.h"
#include "cli/socket_name.h"
#include "emulate/machine.h"
#include "emulate/machine_file.h"
#include "emulate/server.h"
#include "host/fuse.h"

#include <fmt/format.h>

#include <memory>

namespace busguard::cli {
namespace {

struct EmulateOptions {
    std::string machine;
    std::string mount;
    int port = -1;
    std::string framing = "spdm-emu";
    std::string transport = "mctp";
    bool keep_serving = false;
    std::string device;
    std::string state;
};

/// Says at once that it can be used: scripts wait for this line.
void ready(const Session& session, const std::string& how, const std::string& where) {
    if (session.json())
        session.print(Json{{"schema", "busguard.ready/1"}, {how, where}}.dump() + "\n");
    else
        session.print(fmt::format("{} {}\n", how == "mounted" ? "mounted on" : "listening on", where));
    (void)std::fflush(session.world().out);
}

Tried<Exit> mount(Session& session, const EmulateOptions& options, emulate::Machine& machine) {
    const auto& stop = session.world().catch_signals();
    auto mounted = TRY(or_trouble("fuse", host::FuseMount::at(options.mount, machine.tree())));
    ready(session, "mounted", mounted->directory());
    mounted->serve(*session.world().clock, stop);
    return Exit::ok;
}

bool is_named(const emulate::DeviceDescription& device, const std::string& name) {
    if (device.name == name) return true;
    const auto address = device_name(name);
    return address && device.address == emulate::PciAddress::parse(host::address_of(*address));
}

/// The device that was named, by address or by its name in the description; else the first that speaks SPDM.
Tried<emulate::Device*> device_to_serve(const EmulateOptions& options, const emulate::Machine& machine) {
    std::string speakers;
    for (const auto& device : machine.devices()) {
        const auto& description = device->description();
        if (description.spdm && (options.device.empty() || is_named(description, options.device)))
            return device.get();
        if (description.spdm)
            speakers += fmt::format("{}\"{}\"", speakers.empty() ? "" : ", ", description.name);
    }
    return usage("--device", fmt::format("no device that speaks SPDM: {}", options.device),
                 "this machine has " + (speakers.empty() ? "none" : speakers));
}

Tried<Exit> listen(Session& session, const EmulateOptions& options, emulate::Machine& machine) {
    auto& device = *TRY(device_to_serve(options, machine));
    const auto& stop = session.world().catch_signals();
    const emulate::ServerOptions served{
        .port = static_cast<std::uint16_t>(options.port),
        .mode = options.framing == "qemu" ? transport::SocketMode::qemu : transport::SocketMode::spdm_emu,
        .transport = socket_transport(options.transport),
        .ends_on_shutdown = !options.keep_serving};
    auto server = TRY(or_trouble("socket", emulate::serve_device(device, served)));
    ready(session, "listening", fmt::format("127.0.0.1:{}", server->port()));
    TRY(or_trouble("socket", server->run(*session.world().clock, stop)));
    return Exit::ok;
}

Tried<Exit> emulate_machine(Session& session, const EmulateOptions& options) {
    if (options.mount.empty() && options.port < 0)
        return usage("--mount", "neither --mount nor --listen was given",
                     "say where the machine is to appear");
    const auto description = TRY(or_trouble("machine", emulate::read_machine(options.machine)));
    auto& world = session.world();
    const auto machine = TRY(or_trouble(
        "machine", emulate::Machine::make(description, options.state, *world.clock, *world.entropy)));
    return options.mount.empty() ? listen(session, options, *machine) : mount(session, options, *machine);
}

}  // namespace

void add_emulate(Command program, Chosen& chosen) {
    auto command =
        program.command("emulate", "Emulate a machine's devices: as a mounted /sys, or on a socket");
    auto options = std::make_shared<EmulateOptions>();
    command.option("--machine", options->machine, "Its description (busguard-machine(5))")
        .shown_as("FILE")
        .required();
    const auto mount =
        command.option("--mount", options->mount, "Where its /sys appears; needs /dev/fuse").shown_as("DIR");
    const auto listen = command
                            .option("--listen", options->port,
                                    "Serve a device on this TCP port of 127.0.0.1; 0 takes a free one")
                            .shown_as("PORT")
                            .in_range(0, 65535)
                            .excludes(mount);
    command.option("--framing", options->framing, "Of the socket: qemu (NVMe's spdm_port=) or spdm-emu")
        .shown_as("NAME")
        .one_of({"qemu", "spdm-emu"})
        .needs(listen);
    command.option("--transport", options->transport, "What spdm-emu's framing carries: mctp, pci_doe, none")
        .shown_as("NAME")
        .one_of({"mctp", "pci_doe", "none"})
        .needs(listen);
    command
        .flag("--keep-serving", options->keep_serving,
              "A client's SHUTDOWN ends its connection, not the program")
        .needs(listen);
    command
        .option("--device", options->device,
                "Which device to serve: its address or name (default: the first that speaks SPDM)")
        .shown_as("NAME")
        .needs(listen);
    command.option("--state", options->state, "Where its keys are kept from run to run (default: made anew)")
        .shown_as("DIR");
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return emulate_machine(session, *options); };
    });
}

}  // namespace busguard::cli
