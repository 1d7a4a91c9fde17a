#include "cli/json.h"
#include "cli/options.h"
#include "cli/place.h"
#include "cli/text.h"
#include "cli/verdict_view.h"
#include "transport/doe.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace busguard::cli {
namespace {

/// A device as it can be seen without speaking to it.
struct Listed {
    std::string device;
    std::optional<PciIdentity> pci;
    std::string driver;
    std::string owner;  ///< "none", "kernel", "tsm:tsm0"
    std::vector<transport::DoeProtocol> features;
    std::vector<transport::DoeCapability> mailboxes;
    appraisal::State state{};
    std::string note;  ///< why the state is what it is
};

std::string feature_name(const transport::DoeProtocol& feature) {
    if (feature == transport::doe_discovery) return "discovery";
    if (feature == transport::doe_spdm) return "CMA/SPDM";
    if (feature == transport::doe_secured_spdm) return "secured CMA/SPDM";
    if (feature.vendor == 0x1e98 && feature.type == 2) return "CXL table access";  // CXL 3.1, 8.1.11
    return fmt::format("{:04x}:{:02x}", feature.vendor, feature.type);
}

/// A kernel with the CMA series publishes its own verdict in `authenticated`.
void look_for_kernel(const host::FileTree& tree, Listed& listed) {
    const auto path = fmt::format("bus/pci/devices/{}/authenticated", host::address_of(listed.device));
    const auto content = tree.read(path, 64);
    if (!content) return;
    listed.owner = "kernel";
    const bool yes = as_text(*content).starts_with('1');
    listed.state = yes ? appraisal::State::authenticated : appraisal::State::failed;
    listed.note = yes ? "the kernel has authenticated it" : "the kernel could not authenticate it";
}

void judge_by_features(Listed& listed) {
    const auto& features = listed.features;
    const bool spdm = std::ranges::find(features, transport::doe_spdm) != features.end();
    if (spdm) {
        listed.state = appraisal::State::undetermined;
        listed.note = "not asked yet";
    } else if (!features.empty()) {
        listed.state = appraisal::State::unsupported;
        listed.note = "its mailbox carries no CMA/SPDM";
    }
}

Listed look(host::FileTree& tree, const host::PciDevice& device) {
    Listed listed{.device = "pci/" + device.address,
                  .pci = device.identity,
                  .driver = device.driver,
                  .owner = device.tsm.empty() ? "none" : "tsm:" + device.tsm,
                  .features = device.doe_features,
                  .mailboxes = {},
                  .state = appraisal::State::undetermined,
                  .note = {}};
    auto config = tree.open(fmt::format("bus/pci/devices/{}/config", device.address), host::Access::read);
    if (config) {
        host::ConfigFile space{*std::move(config)};
        auto mailboxes = transport::doe_capabilities(space);
        if (!mailboxes) {
            listed.note = trouble_of(mailboxes.error(), {}).problem.message;
        } else if (mailboxes->empty()) {
            listed.state = appraisal::State::unsupported;
            listed.note = "no DOE mailbox";
        } else {
            listed.mailboxes = *std::move(mailboxes);
            listed.note = "a mailbox, not asked yet";
        }
    }
    judge_by_features(listed);
    if (device.tsm.empty()) {
        look_for_kernel(tree, listed);
    } else {
        listed.state = appraisal::State::undetermined;
        listed.note = "a TSM speaks to it";
    }
    return listed;
}

std::string mailbox_text(const Listed& listed) {
    std::string out;
    for (const auto& feature : listed.features) {
        if (feature == transport::doe_discovery && listed.features.size() > 1) continue;
        out += (out.empty() ? "" : ", ") + feature_name(feature);
    }
    if (!out.empty()) return out;
    for (const auto& mailbox : listed.mailboxes)
        out += fmt::format("{}DOE at {:#x}", out.empty() ? "" : ", ", mailbox.offset);
    return out.empty() ? "-" : out;
}

Json to_json(const Listed& listed) {
    Json features = Json::array();
    for (const auto& feature : listed.features)
        features.push_back({{"vendor", fmt::format("{:04x}", feature.vendor)},
                            {"type", feature.type},
                            {"name", feature_name(feature)}});
    Json mailboxes = Json::array();
    for (const auto& mailbox : listed.mailboxes)
        mailboxes.push_back({{"offset", mailbox.offset}, {"version", mailbox.version}});
    return {{"device", listed.device},
            {"identity", listed.pci ? identity_json(*listed.pci) : Json(nullptr)},
            {"driver", text_or_null(listed.driver)},
            {"owner", listed.owner},
            {"mailboxes", std::move(mailboxes)},
            {"features", std::move(features)},
            {"state", name(listed.state)},
            {"detail", text_or_null(listed.note)}};
}

Tried<Exit> list(Session& session, const PlaceOptions& options) {
    const auto place = TRY(Place::open(session, options));
    auto& tree = place.tree();
    const auto bus = TRY(or_trouble(options.sysfs + "/bus/pci/devices", host::pci_bus(tree)));
    std::vector<Listed> all;
    all.reserve(bus.devices.size() + bus.unreadable.size());
    for (const auto& device : bus.devices) all.push_back(look(tree, device));
    for (const auto& device : bus.unreadable)
        all.push_back({.device = "pci/" + device.address,
                       .pci = {},
                       .driver = {},
                       .owner = "none",
                       .features = {},
                       .mailboxes = {},
                       .state = appraisal::State::undetermined,
                       .note = trouble_of(device.error, {}).problem.message});
    std::ranges::sort(all, [](const auto& a, const auto& b) { return a.device < b.device; });

    if (session.json()) {
        Json devices = Json::array();
        for (const auto& one : all) devices.push_back(to_json(one));
        print(session, {{"schema", "busguard.devices/1"}, {"devices", std::move(devices)}});
        return Exit::ok;
    }
    Table table{{"DEVICE", "IDENTITY", "DRIVER", "MAILBOX", "OWNER", "STATE", "NOTE"}};
    for (const auto& one : all)
        table.row({{printable(one.device)},
                   {one.pci ? describe(*one.pci) : "-"},
                   {one.driver.empty() ? "-" : printable(one.driver)},
                   {mailbox_text(one)},
                   {printable(one.owner)},
                   {std::string{name(one.state)}, tone_of(one.state)},
                   {printable(one.note), Tone::quiet}});
    session.print(table.render(session.colour()));
    return Exit::ok;
}

}  // namespace

void add_list(Command program, Chosen& chosen) {
    auto command =
        program.command("list", "Show the devices, their mailboxes, who speaks to them, and what is known");
    auto options = std::make_shared<PlaceOptions>();
    add_place_options(command, *options);
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return list(session, *options); };
    });
}

}  // namespace busguard::cli
