#include "emulate/pki.h"

#include "base/hex.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/place.h"
#include "cli/text.h"
#include "cli/time.h"
#include "crypto/issue.h"
#include "host/files.h"
#include "host/pci.h"
#include "trust/anchors.h"
#include "trust/profile.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <tuple>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

struct PkiOptions {
    std::string out;
    std::string issuer;
    std::string organization = "Example Devices";
    std::string common_name;
    std::string scheme = "ecdsa-p384";
    std::string not_before;
    std::string not_after;
    std::string cma_name;
    std::string device;
    std::string device_info;
    bool alias = false;
    std::string next_update;
    std::vector<std::string> revoked;
    PlaceOptions place;
};

Tried<emulate::Validity> validity(const PkiOptions& options) {
    auto validity = emulate::device_lifetime();
    for (const auto& [option, text, end] : {std::tuple{"--not-before", &options.not_before, &validity.from},
                                            std::tuple{"--not-after", &options.not_after, &validity.to}}) {
        if (text->empty()) continue;
        const auto time = parse_time(*text);
        if (!time)
            return usage(option, fmt::format("no time: {}", *text), "a time looks like 2026-01-31T12:00:00Z");
        *end = *time;
    }
    if (validity.from > validity.to)
        return usage("--not-after", "ends before it begins", "give a later time");
    return validity;
}

crypto::Scheme scheme(const PkiOptions& options) { return *crypto::scheme_named(options.scheme); }

Tried<Exit> done(Session& session, const fs::path& directory, const emulate::Credential& credential) {
    if (session.json()) {
        const auto root_hash = credential.root().fingerprint(crypto::Hash::sha_256);
        print(session, {{"schema", "busguard.credential/1"},
                        {"directory", directory.string()},
                        {"subject", credential.certificate().subject()},
                        {"issuer", credential.certificate().issuer()},
                        {"not_after", format_time(credential.certificate().not_after())},
                        {"sha256_of_root", to_hex(root_hash.view())}});
        return Exit::ok;
    }
    session.print(fmt::format("{}: {}\n", directory.string(), credential.certificate().subject()));
    return Exit::ok;
}

Tried<emulate::Credential> make_root(Session& session, const PkiOptions& options) {
    const emulate::AuthoritySpec spec{
        .organization = options.organization,
        .common_name = options.common_name.empty() ? options.organization + " Root CA" : options.common_name,
        .scheme = scheme(options),
        .validity = TRY(validity(options))};
    return or_trouble("root certificate", emulate::make_root(spec, *session.world().entropy));
}

Tried<emulate::Credential> make_authority(Session& session, const PkiOptions& options,
                                          const emulate::Credential& issuer) {
    const emulate::AuthoritySpec spec{.organization = options.organization,
                                      .common_name = options.common_name.empty()
                                                         ? options.organization + " Device CA"
                                                         : options.common_name,
                                      .scheme = scheme(options),
                                      .validity = TRY(validity(options))};
    return or_trouble("authority's certificate",
                      emulate::make_intermediate(spec, issuer, *session.world().entropy));
}

/// A root, an authority under it, and a directory of anchors that holds the root: all that issuing needs.
Tried<Exit> init(Session& session, const PkiOptions& options) {
    const fs::path base{options.out};
    std::error_code ignored;
    if (fs::exists(base / "root", ignored))
        return trouble("file", {.where = (base / "root").string(),
                                .line = 0,
                                .field = {},
                                .message = "exists already",
                                .remedy = "name another directory"});
    const auto root = TRY(make_root(session, options));
    const auto authority = TRY(make_authority(session, options, root));
    TRY(or_trouble("file", host::make_directory(base / "anchors")));
    TRY(or_trouble("file", emulate::store(base / "root", root)));
    TRY(or_trouble("file", emulate::store(base / "authority", authority)));
    const auto pem = crypto::to_pem(root.certificate());
    TRY(or_trouble("file", host::write_file(base / "anchors" / "root.pem", as_bytes(pem))));
    return done(session, base, authority);
}

Tried<Exit> root(Session& session, const PkiOptions& options) {
    const auto credential = TRY(make_root(session, options));
    TRY(or_trouble("file", emulate::store(options.out, credential)));
    return done(session, options.out, credential);
}

Tried<Exit> authority(Session& session, const PkiOptions& options) {
    const auto issuer = TRY(or_trouble("file", emulate::load(options.issuer)));
    const auto credential = TRY(make_authority(session, options, issuer));
    TRY(or_trouble("file", emulate::store(options.out, credential)));
    return done(session, options.out, credential);
}

/// The CMA name of a device that is there, or the one that was given.
Tried<std::string> cma_name(Session& session, const PkiOptions& options) {
    if (options.device.empty()) return options.cma_name;
    const auto device = device_name(options.device);
    if (!device)
        return usage("--device", fmt::format("no device name: {}", options.device),
                     "a device is named like pci/0000:01:00.0");
    const auto place = TRY(Place::open(session, options.place));
    const auto found = TRY(or_trouble(*device, host::pci_device(place.tree(), host::address_of(*device))));
    return trust::cma_name(found.identity);
}

Tried<Exit> issue(Session& session, const PkiOptions& options) {
    const auto issuer = TRY(or_trouble("file", emulate::load(options.issuer)));
    const emulate::LeafSpec spec{.organization = options.organization,
                                 .common_name = options.common_name.empty() ? "Device" : options.common_name,
                                 .scheme = scheme(options),
                                 .validity = TRY(validity(options)),
                                 .cma_name = TRY(cma_name(session, options)),
                                 .device_info = options.device_info};
    auto& entropy = *session.world().entropy;
    const auto credential =
        TRY(or_trouble("device's certificate", options.alias ? emulate::make_alias_leaf(spec, issuer, entropy)
                                                             : emulate::make_leaf(spec, issuer, entropy)));
    TRY(or_trouble("file", emulate::store(options.out, credential)));
    return done(session, options.out, credential);
}

/// A list of the authority's that names these certificates; without any, one that names none.
Tried<Exit> revoke(Session& session, const PkiOptions& options) {
    const auto issuer = TRY(or_trouble("file", emulate::load(options.issuer)));
    crypto::RevocationListSpec spec{.this_update = session.world().clock->calendar()};
    if (!options.next_update.empty()) {
        spec.next_update = parse_time(options.next_update);
        if (!spec.next_update)
            return usage("--next-update", fmt::format("no time: {}", options.next_update),
                         "a time looks like 2026-01-31T12:00:00Z");
    }
    for (const auto& path : options.revoked) {
        trust::Anchors held;
        const auto bytes = TRY(or_trouble("file", host::read_file(path)));
        TRY(or_trouble("file", held.add(bytes, path, path)));
        spec.revoked.push_back(held.at(held.size() - 1).certificate);  // of a chain, its leaf
        if (spec.revoked.back().issuer() != issuer.certificate().subject())
            return trouble("certificate", {.where = path,
                                           .line = 0,
                                           .field = "issuer",
                                           .message = "was not issued by " + issuer.certificate().subject(),
                                           .remedy = "name its authority with --issuer"});
    }
    const auto list = crypto::issue_list(spec, issuer.certificate(), issuer.key, crypto::Hash::sha_384);
    if (!list)
        return trouble("revocation list", {.where = options.out,
                                           .line = 0,
                                           .field = std::string{list.error().what},
                                           .message = "cannot be made",
                                           .remedy = {}});
    TRY(or_trouble("file", host::write_file(options.out, *list)));
    if (session.json())
        print(session, {{"schema", "busguard.revocation/1"},
                        {"file", options.out},
                        {"issuer", issuer.certificate().subject()},
                        {"revoked", spec.revoked.size()}});
    else
        session.print(fmt::format("{}: {} revoked by {}\n", options.out, spec.revoked.size(),
                                  issuer.certificate().subject()));
    return Exit::ok;
}

void add_names(Command command, PkiOptions& options) {
    command.option("--organization", options.organization, "O of the subject")
        .shown_as("TEXT")
        .default_shown();
    command.option("--name", options.common_name, "CN of the subject").shown_as("TEXT");
    command
        .option(
            "--asym", options.scheme,
            "Kind of key: ecdsa-p256, ecdsa-p384, ecdsa-p521, rsassa-3072, rsapss-3072, ed25519, ed448, ...")
        .shown_as("NAME")
        .checked_by([](const std::string& name) {
            return crypto::scheme_named(name) ? "" : "no such algorithm: " + name;
        })
        .default_shown();
    command.option("--not-before", options.not_before, "First moment of validity (RFC 3339)")
        .shown_as("TIME");
    command.option("--not-after", options.not_after, "Last moment of validity (default: without end)")
        .shown_as("TIME");
}

void add_issuing(Command command, PkiOptions& options) {
    command.option("--issuer", options.issuer, "Directory of the authority that signs")
        .shown_as("DIR")
        .required();
}

void add_out(Command command, PkiOptions& options) {
    command.option("--out", options.out, "Directory for key.pem, cert.pem, chain.pem and their DER forms")
        .shown_as("DIR")
        .required();
}

void add_device_names(Command command, PkiOptions& options) {
    const auto given =
        command
            .option("--cma-name", options.cma_name,
                    "PCIe CMA name: Vendor=1b36:Device=0010:CC=010802:REV=02:SSVID=...:SSID=...")
            .shown_as("TEXT");
    command.option("--device", options.device, "Take the CMA name from this device's configuration space")
        .shown_as("DEVICE")
        .excludes(given);
    command.option("--device-info", options.device_info, "DMTF name, manufacturer:product:serial")
        .shown_as("TEXT");
    command.flag("--alias", options.alias,
                 "Alias certificate model: the device has an authority of its own above the leaf");
    add_place_options(command, options.place);
}

}  // namespace

void add_pki(Command program, Chosen& chosen) {
    auto group = program.command("pki", "Make keys and certificates for emulated devices and tests");
    group.takes_one_command();
    auto options = std::make_shared<PkiOptions>();
    const auto add = [&](const char* name, const char* what, auto action) {
        auto command = group.command(name, what);
        add_names(command, *options);
        add_common(command, chosen.common);
        command.then([&chosen, options, action] {
            chosen.action = [options, action](Session& session) { return action(session, *options); };
        });
        return command;
    };
    add("init", "A root, an authority under it, and a directory of anchors", init)
        .option("DIR", options->out, "Where it all goes")
        .required();
    add_out(add("root", "A root", root), *options);
    const auto under = add("authority", "An authority under a root", authority);
    add_issuing(under, *options);
    add_out(under, *options);
    const auto leaf = add("issue", "A device's key and certificate", issue);
    add_issuing(leaf, *options);
    add_out(leaf, *options);
    add_device_names(leaf, *options);

    auto list = group.command("revoke", "A revocation list, to lie among the anchors");
    add_issuing(list, *options);
    list.option("--out", options->out, "The list's file, which ends in .crl").shown_as("FILE").required();
    list.option("--next-update", options->next_update, "When the next list comes (default: not said)")
        .shown_as("TIME");
    list.option("CERTIFICATE", options->revoked, "What is revoked, in PEM or DER; of a chain its last");
    add_common(list, chosen.common);
    list.then([&chosen, options] {
        chosen.action = [options](Session& session) { return revoke(session, *options); };
    });
}

}  // namespace busguard::cli
