#include "cli/json.h"
#include "cli/place.h"

#include <fmt/format.h>

#include <memory>

/// What an operator tells busguardd, by writing to its files (busguard-files(5)).
namespace busguard::cli {
namespace {

struct OperateOptions {
    std::string device;
    std::string runtime = "/run/busguard";
};

struct Order {
    const char* command;
    const char* help;
    const char* file;  ///< below the device's directory
    const char* word;  ///< that is written
    const char* done;  ///< what is said then
};

constexpr Order release{.command = "release",
                        .help = "End a device's quarantine: busguardd judges it as a new one",
                        .file = "standing",
                        .word = "release",
                        .done = "released, and judged as a new device"};
constexpr Order claim{.command = "claim",
                      .help = "Take a device back from a TSM that is gone: busguardd speaks to it again",
                      .file = "owner",
                      .word = "native",
                      .done = "claimed, and judged as a new device"};

Tried<Exit> carry_out(Session& session, const OperateOptions& options, const Order& order) {
    const auto device = device_name(options.device);
    if (!device)
        return usage("DEVICE", "no device name: " + options.device,
                     "a device is named like pci/0000:01:00.0");
    const auto directory = options.runtime + "/devices";
    const auto path = *device + "/" + order.file;
    auto tree = session.world().tree(directory);
    if (!tree)
        return trouble("daemon", {.where = directory,
                                  .line = 0,
                                  .field = {},
                                  .message = "no busguardd shows devices here",
                                  .remedy = "systemctl start busguardd, or name its --runtime directory"});
    const auto written = (*tree)->write(path, as_bytes(order.word));
    if (!written) return Failure<Trouble>{trouble_of(written.error(), directory + "/" + path)};
    if (session.json())
        print(session, {{"schema", "busguard.done/1"}, {"device", *device}, {"command", order.command}});
    else
        session.print(fmt::format("{}: {}\n", *device, order.done));
    return Exit::ok;
}

void add(Command program, Chosen& chosen, const Order& order) {
    auto command = program.command(order.command, order.help);
    auto options = std::make_shared<OperateOptions>();
    command.option("DEVICE", options->device, "pci/0000:01:00.0, or shortly 01:00.0").required();
    command.option("--runtime", options->runtime, "The daemon's directory (default: /run/busguard)")
        .shown_as("DIR");
    command.then([&chosen, options, &order] {
        chosen.action = [options, &order](Session& session) { return carry_out(session, *options, order); };
    });
}

}  // namespace

void add_release(Command program, Chosen& chosen) { add(program, chosen, release); }
void add_claim(Command program, Chosen& chosen) { add(program, chosen, claim); }

}  // namespace busguard::cli
