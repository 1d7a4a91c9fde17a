#include "cli/json.h"
#include "cli/judging.h"
#include "cli/options.h"
#include "cli/place.h"
#include "cli/text.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "host/keyrings.h"
#include "host/system.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace busguard::cli {
namespace {

/// One thing that was looked at.
struct Finding {
    enum class Grade : unsigned char { good, note, bad };
    std::string name;
    Grade grade{};
    std::string message;
    std::string remedy;
};

std::string_view name(Finding::Grade grade) {
    switch (grade) {
        case Finding::Grade::good: return "ok";
        case Finding::Grade::note: return "note";
        case Finding::Grade::bad: return "problem";
    }
    return "?";
}

Finding good(std::string name, std::string message) {
    return {std::move(name), Finding::Grade::good, std::move(message), {}};
}
Finding note(std::string name, std::string message, std::string remedy) {
    return {std::move(name), Finding::Grade::note, std::move(message), std::move(remedy)};
}
Finding bad(std::string name, std::string message, std::string remedy) {
    return {std::move(name), Finding::Grade::bad, std::move(message), std::move(remedy)};
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + printable(word);
    return text;
}

Finding privilege(const host::SystemFacts& facts) {
    if (facts.may_access_config)
        return good("privilege", "configuration space is accessible (CAP_SYS_ADMIN)");
    return bad("privilege",
               "without CAP_SYS_ADMIN only 64 bytes of each configuration space are readable, and no mailbox",
               "run busguard as root, or with CAP_SYS_ADMIN");
}

Finding lockdown(const host::SystemFacts& facts) {
    switch (facts.lockdown) {
        case host::Lockdown::none: return good("lockdown", "off");
        case host::Lockdown::unknown:
            return note("lockdown", "unknown: /sys/kernel/security is not readable",
                        "mount securityfs to know");
        case host::Lockdown::integrity:
        case host::Lockdown::confidentiality:
            return bad(
                "lockdown",
                fmt::format("{}: the kernel refuses writes to configuration space, so no mailbox can be used",
                            facts.lockdown == host::Lockdown::integrity ? "integrity" : "confidentiality"),
                "boot with lockdown=none (Secure Boot turns lockdown on), or let a kernel with CMA support "
                "authenticate");
    }
    return {};
}

Finding kernel(const host::SystemFacts& facts) {
    if (host::release_number(facts.kernel) >= 6016)
        return good("kernel", facts.kernel + " lists mailbox features in sysfs (doe_features)");
    return note("kernel",
                facts.kernel + " does not list mailbox features in sysfs: busguard asks the mailboxes itself",
                "Linux 6.16 and later list them");
}

Finding gate(const host::SystemFacts& facts) {
    if (host::release_number(facts.kernel) >= host::gate_holds_from)
        return good("gate", "closed, it holds for hotplugged devices too");
    return note(
        "gate",
        "closed, it does not hold for hotplugged devices: busguardd takes them from their drivers again",
        "Linux 6.19 and later hold them back");
}

Finding tsm(const host::SystemFacts& facts) {
    if (facts.tsms.empty()) return good("tsm", "no platform security manager; mailboxes are free");
    return note("tsm", listed(facts.tsms) + ": a device that one of them is connected to is left alone",
                "busguard list shows which devices a TSM owns");
}

Finding fuse(const host::SystemFacts& facts) {
    if (facts.fuse) return good("fuse", "/dev/fuse can be opened: busguard emulate --mount works");
    return note("fuse", "/dev/fuse cannot be opened: an emulated machine cannot be mounted",
                "load the fuse module, or use --machine, which emulates in process");
}

Finding mailboxes(host::FileTree& tree) {
    const auto bus = host::pci_bus(tree);
    if (!bus) return bad("doe", "no PCI bus in this tree", "give the root of a sysfs with --sysfs");
    std::size_t capable = 0;
    std::size_t owned = 0;
    for (const auto& device : bus->devices) {
        const auto& features = device.doe_features;
        const bool listed = std::ranges::find(features, transport::doe_spdm) != features.end();
        capable += listed ? 1U : 0U;
        owned += device.tsm.empty() ? 0U : 1U;
    }
    const auto total = bus->devices.size() + bus->unreadable.size();
    const auto message = fmt::format(
        "{} PCI functions, {} with CMA/SPDM by the kernel's list, {} owned by a TSM", total, capable, owned);
    if (capable > 0) return good("doe", message);
    return note(
        "doe", message,
        "busguard authenticate --all asks every mailbox; devices without one cannot be authenticated");
}

Finding anchors() {
    std::error_code ignored;
    std::size_t files = 0;
    for (std::filesystem::directory_iterator entry{default_anchors, ignored}, end; !ignored && entry != end;
         entry.increment(ignored))
        ++files;
    if (files > 0) return good("anchors", fmt::format("{} files in {}", files, default_anchors));
    return note("anchors", fmt::format("no root certificates in {}", default_anchors),
                "put your vendors' roots there, or name them with --anchors");
}

/// What the kernel trusts for itself. It hands out names and no certificates.
Finding keyrings() {
    std::string told;
    bool any = false;
    for (const auto& one : host::kernel_keyrings()) {
        told += fmt::format("{}{}: ", told.empty() ? "" : "; ", one.name);
        if (!one.keys)
            told += "not readable";
        else if (one.keys->empty())
            told += "empty";
        else
            told += listed(*one.keys);
        any = any || (one.keys && !one.keys->empty());
    }
    if (told.empty()) return good("keyrings", "the kernel has no keyring of certificates");
    if (!any) return good("keyrings", told);
    return note("keyrings", told,
                "to trust one of them for devices as well, put its certificate among the anchors");
}

Finding crypto() {
    std::string missing;
    for (const auto scheme : crypto::all_schemes)
        if (!crypto::supported(scheme))
            missing += fmt::format("{}{}", missing.empty() ? "" : ", ", crypto::name(scheme));
    for (const auto hash : crypto::all_hashes)
        if (!crypto::supported(hash))
            missing += fmt::format("{}{}", missing.empty() ? "" : ", ", crypto::name(hash));
    if (missing.empty()) return good("crypto", "every algorithm of SPDM 1.3 that busguard knows");
    return note("crypto", "this OpenSSL lacks " + missing,
                "devices that offer nothing else fail to negotiate; a newer OpenSSL has them");
}

Tone tone_of_grade(Finding::Grade grade) {
    switch (grade) {
        case Finding::Grade::good: return Tone::good;
        case Finding::Grade::note: return Tone::caution;
        case Finding::Grade::bad: break;
    }
    return Tone::bad;
}

Tried<Exit> doctor(Session& session, const PlaceOptions& options) {
    const auto place = TRY(Place::open(session, options));
    const auto facts = host::system_facts(place.tree());
    const std::vector<Finding> findings{
        privilege(facts),        lockdown(facts), kernel(facts), gate(facts), tsm(facts),
        mailboxes(place.tree()), anchors(),       keyrings(),    fuse(facts), crypto()};
    const bool sound =
        std::ranges::none_of(findings, [](const auto& one) { return one.grade == Finding::Grade::bad; });
    if (session.json()) {
        Json list = Json::array();
        for (const auto& one : findings)
            list.push_back({{"name", one.name},
                            {"grade", name(one.grade)},
                            {"message", one.message},
                            {"remedy", text_or_null(one.remedy)}});
        print(session, {{"schema", "busguard.doctor/1"}, {"sound", sound}, {"findings", std::move(list)}});
    } else {
        Table table{{"WHAT", "GRADE", "FOUND"}};
        for (const auto& one : findings) {
            table.row({{one.name}, {std::string{name(one.grade)}, tone_of_grade(one.grade)}, {one.message}});
            if (!one.remedy.empty()) table.row({{""}, {""}, {"-> " + one.remedy, Tone::quiet}});
        }
        session.print(table.render(session.colour()));
    }
    return sound ? Exit::ok : Exit::undetermined;
}

}  // namespace

void add_doctor(Command program, Chosen& chosen) {
    auto command = program.command("doctor", "Say what on this machine helps or hinders, and what to do");
    auto options = std::make_shared<PlaceOptions>();
    add_place_options(command, *options);
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return doctor(session, *options); };
    });
}

}  // namespace busguard::cli
