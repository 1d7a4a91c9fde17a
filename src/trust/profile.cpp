#include "trust/profile.h"

#include "wire/der.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::trust {
namespace {

constexpr std::size_t longest_shown = 128;  // characters of a stranger's text

/// A stranger's text for people: printable ASCII, bounded.
std::string shown(std::string_view text) {
    std::string out;
    for (char c : text.substr(0, longest_shown)) {
        if (c >= ' ' && c <= '~' && c != '\\')
            out += c;
        else
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    if (text.size() > longest_shown) out += "…";
    return out;
}

std::optional<std::string> other_name(const crypto::Certificate& certificate, std::string_view oid) {
    for (auto& one : certificate.other_names())
        if (one.oid == oid) return std::move(one.utf8);
    return std::nullopt;
}

/// One rule under its level.
class Ruling {
public:
    Ruling(std::string_view rule, Level level) : rule_{rule}, level_{level} {}

    bool off() const { return level_ == Level::off; }
    Check pass(std::string detail = {}) const { return {rule_, Outcome::pass, {}, std::move(detail)}; }
    Check broken(std::string_view reason, std::string detail) const {
        return {rule_, level_ == Level::required ? Outcome::fail : Outcome::reported, reason,
                std::move(detail)};
    }
    Check reported(std::string_view reason, std::string detail) const {
        return {rule_, Outcome::reported, reason, std::move(detail)};
    }
    Check skipped(std::string_view reason, std::string detail) const {
        return {rule_, Outcome::skipped, reason, std::move(detail)};
    }
    Check switched_off() const { return skipped("policy.off", "the profile does not ask for it"); }

private:
    std::string_view rule_;
    Level level_;
};

const crypto::Certificate& leaf_of(const Subject& subject) { return subject.root_to_leaf.back(); }

Check hold_cma_name(const Subject& subject, const Ruling& rule) {
    if (rule.off()) return rule.switched_off();
    if (subject.pci == nullptr)
        return rule.skipped("chain.san-unchecked", "no PCI identity to compare the certificate with");
    const auto wanted = cma_name(*subject.pci);
    std::optional<std::string> others;
    for (const auto& one : leaf_of(subject).other_names()) {
        if (one.oid != oid::cma_name) continue;
        if (one.utf8 == wanted) return rule.pass(wanted);
        others = others ? *others + ", " + shown(one.utf8) : shown(one.utf8);
    }
    if (!others) return rule.broken("chain.san-missing", "no otherName 2.23.147 in the leaf");
    return rule.broken("chain.san-mismatch", fmt::format("certificate: {}; device: {}", *others, wanted));
}

Check hold_device_info(const Subject& subject, const Ruling& rule) {
    if (rule.off()) return rule.switched_off();
    const auto info = device_info(leaf_of(subject));
    if (!info)
        return rule.broken("chain.device-info-missing", "no otherName 1.3.6.1.4.1.412.274.1 in the leaf");
    return rule.pass(shown(*info));
}

Check hold_key_usage(const Subject& subject, const Ruling& rule) {
    using crypto::KeyUsage;
    if (rule.off()) return rule.switched_off();
    const auto usage = leaf_of(subject).key_usage();
    if (!usage) return rule.broken("chain.key-usage", "the leaf has no KeyUsage");
    if (has(*usage, KeyUsage::key_cert_sign))
        return rule.broken("chain.key-usage", "the leaf's KeyUsage has keyCertSign");
    if (!has(*usage, KeyUsage::digital_signature)) {
        const bool generic = subject.slot != 0 && subject.model == Model::generic;
        if (!generic) return rule.broken("chain.key-usage", "the leaf's KeyUsage lacks digitalSignature");
    }
    return rule.pass();
}

Check hold_leaf_is_no_ca(const Subject& subject, const Ruling& rule) {
    if (rule.off()) return rule.switched_off();
    const auto ca = leaf_of(subject).basic_constraints_ca();
    if (ca == true) return rule.broken("chain.leaf-is-ca", "the leaf's BasicConstraints say cA TRUE");
    return rule.pass(ca ? "" : "the leaf has no BasicConstraints");
}

// spdm-rs#220, #223, #225, libspdm#1594: responder authentication passes, requester authentication alone does
// not, other purposes and none at all do.
Check hold_purpose(const Subject& subject, const Ruling& rule) {
    if (rule.off()) return rule.switched_off();
    const auto purposes = leaf_of(subject).extended_key_usage();
    const auto has = [&](std::string_view oid) { return std::ranges::find(purposes, oid) != purposes.end(); };
    if (has(oid::requester_authentication) && !has(oid::responder_authentication))
        return rule.broken("chain.eku", "the leaf's ExtKeyUsage is requester authentication alone");
    return rule.pass();
}

// DSP0274 "Certificate model": in the device model the leaf names the hardware; in the alias model a
// certificate above does, and the alias, which firmware makes anew, must not.
Check hold_hardware_identity(const Subject& subject, const Ruling& rule) {
    if (rule.off()) return rule.switched_off();
    const auto marked = [](const crypto::Certificate& certificate) {
        const auto oids = spdm_oids(certificate);
        return std::ranges::find(oids, oid::hardware_identity) != oids.end();
    };
    const auto above = subject.root_to_leaf.first(subject.root_to_leaf.size() - 1);
    const bool leaf = marked(leaf_of(subject));
    switch (subject.model) {
        case Model::unknown:
        case Model::generic: return rule.pass(leaf ? "in the leaf" : "");
        case Model::device:
            if (leaf) return rule.pass("in the leaf");
            return rule.reported("chain.hardware-identity", "device model: not in the leaf");
        case Model::alias:
            if (leaf) return rule.broken("chain.hardware-identity", "alias model: the alias itself has it");
            if (std::ranges::any_of(above, marked)) return rule.pass("above the leaf");
            return rule.reported("chain.hardware-identity",
                                 "alias model: no certificate above the leaf has it");
    }
    return rule.pass();
}

Check hold_version(const Subject& subject, const Ruling& rule) {
    if (rule.off()) return rule.switched_off();
    for (std::size_t n = 0; n < subject.root_to_leaf.size(); ++n)
        if (const auto version = subject.root_to_leaf[n].version(); version != 3)
            return rule.broken("chain.version",
                               fmt::format("certificate {} is X.509 version {}", n, version));
    return rule.pass();
}

}  // namespace

std::string_view name(Profile profile) {
    switch (profile) {
        case Profile::cma: return "cma";
        case Profile::vendor: return "vendor";
        case Profile::none: return "none";
    }
    return "unknown";
}

std::optional<Profile> profile_named(std::string_view wanted) {
    for (auto profile : {Profile::cma, Profile::vendor, Profile::none})
        if (name(profile) == wanted) return profile;
    return std::nullopt;
}

Rules rules_of(Profile profile) {
    using enum Level;
    switch (profile) {
        case Profile::cma:
            return {.cma_name = required,
                    .device_info = reported,
                    .key_usage = required,
                    .leaf_is_no_ca = required,
                    .purpose = required,
                    .hardware_identity = required,
                    .version = required};
        case Profile::vendor:
            return {.cma_name = reported,
                    .device_info = reported,
                    .key_usage = required,
                    .leaf_is_no_ca = required,
                    .purpose = required,
                    .hardware_identity = reported,
                    .version = required};
        case Profile::none: return {};
    }
    return {};
}

std::string cma_name(const PciIdentity& its) {
    auto text = fmt::format("Vendor={:04x}:Device={:04x}:CC={:06x}:REV={:02x}", its.vendor, its.device,
                            its.class_code, its.revision);
    if (its.header_type == 0)
        text += fmt::format(":SSVID={:04x}:SSID={:04x}", its.subsystem_vendor, its.subsystem);
    if (its.serial_number.value_or(0) != 0) text += fmt::format(":{:016x}", *its.serial_number);
    return text;
}

std::vector<Check> hold(const Subject& subject, const Rules& rules) {
    return {
        hold_cma_name(subject, {"certificate.cma-name", rules.cma_name}),
        hold_device_info(subject, {"certificate.device-info", rules.device_info}),
        hold_key_usage(subject, {"certificate.key-usage", rules.key_usage}),
        hold_leaf_is_no_ca(subject, {"certificate.leaf-is-no-ca", rules.leaf_is_no_ca}),
        hold_purpose(subject, {"certificate.purpose", rules.purpose}),
        hold_hardware_identity(subject, {"certificate.hardware-identity", rules.hardware_identity}),
        hold_version(subject, {"certificate.version", rules.version}),
    };
}

std::optional<std::string> device_info(const crypto::Certificate& leaf) {
    return other_name(leaf, oid::device_info);
}

// Read by structure and not searched for bytes: they may stand in any other field (intel/rust-spdm#166).
std::vector<std::string> spdm_oids(const crypto::Certificate& certificate) {
    std::vector<std::string> oids;
    for (const auto& extension : certificate.extensions()) {
        if (extension.oid != oid::spdm_extension) continue;
        wire::DerReader outer{extension.value};
        const auto list = outer.next(wire::der_tag::sequence);
        if (!list || !outer.done() || outer.failed()) return {};
        for (wire::DerReader items{list->content}; !items.done();) {
            const auto item = items.next(wire::der_tag::sequence);
            if (!item) return {};
            wire::DerReader inside{item->content};
            const auto id = inside.next(wire::der_tag::oid);
            if (!id) return {};
            auto text = wire::dotted(id->content);
            if (!text) return {};
            oids.push_back(*std::move(text));
        }
    }
    return oids;
}

}  // namespace busguard::trust
