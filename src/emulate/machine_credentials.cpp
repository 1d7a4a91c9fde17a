#include "emulate/machine_credentials.h"

#include "base/hex.h"
#include "emulate/pki.h"
#include "host/files.h"
#include "trust/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <system_error>

namespace busguard::emulate {
namespace {

namespace fs = std::filesystem;

constexpr auto made_from_file = "made-from";
constexpr std::size_t largest_made_from = 65536;

using Make = std::function<Result<Credential>()>;

/// What `directory` holds if it was made from the same words, else what `make` makes, kept there.
Checked<Credential> kept(const fs::path& directory, const std::string& made_from, const Make& make) {
    if (!directory.empty()) {
        const auto before = host::read_file(directory / made_from_file, largest_made_from);
        if (before && as_text(*before) == made_from)
            if (auto loaded = load(directory)) return loaded;
    }
    auto made = make();
    if (!made)
        return fail(Problem{
            .where = directory.string(),
            .field = made_from,
            .message = fmt::format("cannot be made: {}, {}", name(made.error().code), made.error().what)});
    if (!directory.empty()) {
        TRY(store(directory, *made));
        TRY(host::write_file(directory / made_from_file, as_bytes(made_from)));
    }
    return *std::move(made);
}

std::string text(const Validity& validity) {
    return fmt::format("{} to {}", validity.from.time_since_epoch().count(),
                       validity.to.time_since_epoch().count());
}

std::string fingerprint(const Credential& credential) {
    return to_hex(credential.certificate().fingerprint(crypto::Hash::sha_256));
}

/// DIR/a/b, or nothing if nothing is kept.
fs::path below(const fs::path& state, const fs::path& place) {
    return state.empty() ? fs::path{} : state / place;
}

Checked<Credential> provide_authority(const std::string& name, const AuthorityDescription& its,
                                      const fs::path& state, Entropy& entropy) {
    const auto place = fs::path{"authorities"} / name;
    AuthoritySpec spec{its.subject, its.subject + " Root CA", its.scheme, its.validity};
    const auto words = fmt::format("{}\n{}\n{}", its.subject, crypto::name(its.scheme), text(its.validity));
    const auto root =
        TRY(kept(below(state, place / "root"), "root\n" + words, [&] { return make_root(spec, entropy); }));
    spec.common_name = its.subject + " Device CA";
    return kept(below(state, place / "issuer"), "issuer\n" + words + "\n" + fingerprint(root),
                [&] { return make_intermediate(spec, root, entropy); });
}

class SlotMaker {
public:
    SlotMaker(const MachineDescription& machine, const std::map<std::string, Credential>& authorities,
              const fs::path& state, Entropy& entropy)
        : machine_{&machine}, authorities_{&authorities}, state_{&state}, entropy_{&entropy} {}

    Checked<spdm::ProvisionedSlot> make(const DeviceDescription& device, const SlotDescription& slot) {
        const auto credential = slot.directory.empty() ? issue(device, slot) : load(slot.directory);
        if (!credential) return fail(credential.error());
        if (!credential->key.fits(device.spdm->scheme))
            return fail(Problem{
                .where = slot.directory,
                .message = fmt::format("the key is not one for {}", crypto::name(device.spdm->scheme))});
        return spdm::ProvisionedSlot{credential->chain_der(), credential->key};
    }

private:
    Checked<Credential> issue(const DeviceDescription& device, const SlotDescription& slot) {
        const auto& signer = authorities_->at(slot.issuer);
        const auto& above = authorities_->at(slot.presents);
        // In a forgery these two are not a pair: the key is the forger's, the certificates are somebody
        // else's.
        const Credential issuer{signer.key, above.chain};
        LeafSpec leaf{.organization = machine_->authorities.at(slot.presents).subject,
                      .common_name = device.name.empty() ? device.address.text() : device.name,
                      .scheme = device.spdm->scheme,
                      .validity = slot.validity,
                      .device_info = slot.device_info};
        if (slot.cma_name)
            leaf.cma_name = trust::cma_name(slot.cma_name_of ? identity(*slot.cma_name_of) : device.identity);
        const auto words =
            fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", slot.alias ? "alias" : "leaf",
                        leaf.organization, leaf.common_name, crypto::name(leaf.scheme), text(leaf.validity),
                        leaf.cma_name, leaf.device_info, fingerprint(signer), fingerprint(above));
        const auto place = fs::path{"devices"} / device.address.text() / fmt::format("slot{}", slot.number);
        return kept(below(*state_, place), words, [&] {
            if (slot.presents != slot.issuer) return forge_leaf(leaf, signer, above, *entropy_);
            return slot.alias ? make_alias_leaf(leaf, signer, *entropy_) : make_leaf(leaf, signer, *entropy_);
        });
    }

    const transport::PciIdentity& identity(PciAddress address) const {
        return std::ranges::find(machine_->devices, address, &DeviceDescription::address)->identity;
    }

    const MachineDescription* machine_;
    const std::map<std::string, Credential>* authorities_;
    const fs::path* state_;
    Entropy* entropy_;
};

/// The directory to hand to `authenticate --anchors`: what this machine trusts, and nothing from before.
Checked<void> store_anchors(const std::map<std::string, Credential>& authorities,
                            const MachineDescription& machine, const fs::path& directory) {
    std::error_code error;
    fs::remove_all(directory, error);
    TRY(host::make_directory(directory));
    for (const auto& [name, authority] : authorities)
        if (machine.authorities.at(name).trusted)
            TRY(host::write_file(directory / (name + ".pem"), as_bytes(crypto::to_pem(authority.root()))));
    return {};
}

}  // namespace

Checked<MachineCredentials> provide_credentials(const MachineDescription& machine, const fs::path& state,
                                                Entropy& entropy) {
    std::map<std::string, Credential> authorities;
    MachineCredentials out;
    for (const auto& [name, its] : machine.authorities) {
        auto authority = TRY(provide_authority(name, its, state, entropy));
        if (its.trusted) out.anchors.push_back(authority.root());
        authorities.emplace(name, std::move(authority));
    }
    if (!state.empty()) TRY(store_anchors(authorities, machine, state / "anchors"));
    SlotMaker maker{machine, authorities, state, entropy};
    for (const auto& device : machine.devices) {
        if (!device.spdm) continue;
        for (const auto& slot : device.spdm->slots)
            out.slots[device.address].emplace(slot.number, TRY(maker.make(device, slot)));
    }
    out.authorities = std::move(authorities);
    return out;
}

Checked<ProvisionedSlots> provide_slots(const DeviceDescription& device, const MachineDescription& machine,
                                        const std::map<std::string, Credential>& authorities,
                                        Entropy& entropy) {
    ProvisionedSlots out;
    if (!device.spdm) return out;
    const fs::path nowhere;
    SlotMaker maker{machine, authorities, nowhere, entropy};
    for (const auto& slot : device.spdm->slots) {
        const bool issued = slot.directory.empty();
        if (issued && (!authorities.contains(slot.issuer) || !authorities.contains(slot.presents)))
            return fail(Problem{.where = device.address.text(),
                                .field = fmt::format("slot {}", slot.number),
                                .message = "is issued by nobody here"});
        if (slot.cma_name_of && std::ranges::find(machine.devices, *slot.cma_name_of,
                                                  &DeviceDescription::address) == machine.devices.end())
            return fail(Problem{.where = device.address.text(),
                                .field = fmt::format("slot {}", slot.number),
                                .message = slot.cma_name_of->text() + " is not described"});
        out.emplace(slot.number, TRY(maker.make(device, slot)));
    }
    return out;
}

}  // namespace busguard::emulate
