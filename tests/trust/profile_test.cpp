#include "trust/profile.h"

#include "base/hex.h"
#include "tests/crypto/support.h"

#include <array>

namespace busguard::trust {
namespace {

using crypto::KeyUsage;
using crypto::test::ca_spec;
using crypto::test::make;

constexpr auto disk_name = "Vendor=1b36:Device=0010:CC=010802:REV=02:SSVID=1af4:SSID=1100";

PciIdentity disk() {
    return {.vendor = 0x1b36,
            .device = 0x0010,
            .class_code = 0x010802,
            .revision = 2,
            .subsystem_vendor = 0x1af4,
            .subsystem = 0x1100};
}

crypto::CertificateSpec leaf_spec() {
    auto spec = crypto::test::spec("Disk 1");
    spec.ca = false;
    spec.key_usage = KeyUsage::digital_signature;
    spec.other_names = {{std::string{oid::cma_name}, disk_name}};
    return spec;
}

const crypto::test::Node& root() {
    static const auto node = make(ca_spec("Root"), nullptr);
    return node;
}

Check held(const crypto::CertificateSpec& leaf, std::string_view rule, Profile profile = Profile::cma,
           Model model = Model::unknown, const crypto::CertificateSpec& above = ca_spec("Authority"),
           std::optional<PciIdentity> pci = disk(), std::uint8_t slot = 0) {
    const auto middle = make(above, &root());
    const std::vector chain{root().certificate, middle.certificate, make(leaf, &middle).certificate};
    const Subject subject{chain, pci ? &*pci : nullptr, slot, model};
    const auto checks = hold(subject, rules_of(profile));
    EXPECT_EQ(checks.size(), 7U);  // every rule leaves a check, whatever the profile
    for (const auto& check : checks)
        if (check.name == rule) return check;
    ADD_FAILURE() << "no check " << rule;
    return {};
}

TEST(CmaName, IsWrittenAsTheKernelWritesIt) {
    auto its = disk();
    EXPECT_EQ(cma_name(its), disk_name);
    its.serial_number = 0;
    EXPECT_EQ(cma_name(its), disk_name);
    its.serial_number = 0x0123456789abcdef;
    EXPECT_EQ(cma_name(its), std::string{disk_name} + ":0123456789abcdef");
    its.header_type = 1;
    its.vendor = 0xABCD;
    EXPECT_EQ(cma_name(its), "Vendor=abcd:Device=0010:CC=010802:REV=02:0123456789abcdef");
}

TEST(Profile, ComparesTheCmaNameExactly) {
    constexpr auto rule = "certificate.cma-name";
    EXPECT_EQ(held(leaf_spec(), rule).outcome, Outcome::pass);

    auto other = leaf_spec();
    for (const auto* name : {"Vendor=1b36:Device=0011:CC=010802:REV=02:SSVID=1af4:SSID=1100",
                             "Vendor=1B36:Device=0010:CC=010802:REV=02:SSVID=1af4:SSID=1100",
                             "Vendor=1b36:Device=0010:CC=010802:REV=02", ""}) {
        other.other_names = {{std::string{oid::cma_name}, name}};
        EXPECT_EQ(held(other, rule).reason, "chain.san-mismatch") << name;
        EXPECT_EQ(held(other, rule).outcome, Outcome::fail) << name;
        EXPECT_EQ(held(other, rule, Profile::vendor).outcome, Outcome::reported) << name;
        EXPECT_EQ(held(other, rule, Profile::none).outcome, Outcome::skipped) << name;
    }
    // The text under another type is no CMA name.
    other.other_names = {{std::string{oid::device_info}, disk_name}};
    EXPECT_EQ(held(other, rule).reason, "chain.san-missing");
    other.other_names = {};
    EXPECT_EQ(held(other, rule).reason, "chain.san-missing");
    // One of several is enough.
    other.other_names = {{std::string{oid::cma_name}, "Vendor=0000"},
                         {std::string{oid::cma_name}, disk_name}};
    EXPECT_EQ(held(other, rule).outcome, Outcome::pass);
}

TEST(Profile, SaysSoWhenThereIsNoPciIdentity) {
    const auto check = held(leaf_spec(), "certificate.cma-name", Profile::cma, Model::unknown,
                            ca_spec("Authority"), std::nullopt);
    EXPECT_EQ(check.outcome, Outcome::skipped);
    EXPECT_EQ(check.reason, "chain.san-unchecked");
}

TEST(Profile, EscapesAStrangersName) {
    auto spec = leaf_spec();
    spec.other_names = {{std::string{oid::cma_name}, std::string{"a\x1b[31m\0b", 8}}};
    EXPECT_EQ(held(spec, "certificate.cma-name").detail.find('\x1b'), std::string::npos);
}

TEST(Profile, WantsALeafThatSignsAndIssuesNothing) {
    constexpr auto rule = "certificate.key-usage";
    auto spec = leaf_spec();
    EXPECT_EQ(held(spec, rule).outcome, Outcome::pass);
    spec.key_usage = KeyUsage::key_agreement;
    EXPECT_EQ(held(spec, rule).reason, "chain.key-usage");
    // Slots above 0 may hold certificates of the generic model for other uses.
    EXPECT_EQ(held(spec, rule, Profile::cma, Model::generic, ca_spec("A"), disk(), 1).outcome, Outcome::pass);
    EXPECT_EQ(held(spec, rule, Profile::cma, Model::device, ca_spec("A"), disk(), 1).outcome, Outcome::fail);
    spec.key_usage = KeyUsage::digital_signature | KeyUsage::key_cert_sign;
    EXPECT_EQ(held(spec, rule).reason, "chain.key-usage");
    spec.key_usage.reset();
    EXPECT_EQ(held(spec, rule).reason, "chain.key-usage");
}

// spdm-rs#220, #223, #225; libspdm#1594
TEST(D110, OnlyRequesterAuthenticationAloneIsRefused) {
    constexpr auto rule = "certificate.purpose";
    const std::string responder{oid::responder_authentication};
    const std::string requester{oid::requester_authentication};
    const std::string server = "1.3.6.1.5.5.7.3.1";
    using Case = std::pair<std::vector<std::string>, bool>;
    const auto cases = std::to_array<Case>({{{responder}, true},
                                            {{requester}, false},
                                            {{responder, requester}, true},
                                            {{requester, server}, false},
                                            {{server}, true},
                                            {{}, true},
                                            {{requester, responder, server}, true}});
    for (const auto& [purposes, good] : cases) {
        auto spec = leaf_spec();
        spec.extended_key_usage = purposes;
        const auto check = held(spec, rule);
        EXPECT_EQ(check.outcome, good ? Outcome::pass : Outcome::fail) << purposes.size();
        EXPECT_EQ(check.reason, good ? "" : "chain.eku");
        EXPECT_EQ(held(spec, rule, Profile::none).outcome, Outcome::skipped);
    }
}

// spdm-rs#218, #220
TEST(D111, TheIdentifiersAreDmtfsOwn) {
    EXPECT_EQ(oid::responder_authentication, "1.3.6.1.4.1.412.274.3");
    EXPECT_EQ(oid::requester_authentication, "1.3.6.1.4.1.412.274.4");
    EXPECT_EQ(oid::cma_name, "2.23.147");
}

crypto::Extension spdm_extension(std::string_view hex) {
    return {.oid = std::string{oid::spdm_extension}, .value = *from_hex(hex)};
}
constexpr auto hardware_mark = "300e 300c 060a 2b06010401831c821202";

// intel/rust-spdm#166
TEST(D112, AnIdentifierInsideAnotherFieldIsNone) {
    auto spec = leaf_spec();
    spec.extra = {spdm_extension(hardware_mark)};
    EXPECT_EQ(spdm_oids(make(spec, &root()).certificate),
              (std::vector<std::string>{std::string{oid::hardware_identity}}));
    // The same bytes, as a text inside the container, and inside another extension
    for (const auto* hex : {"3010 300e 0c0c 060a2b06010401831c821202", "0c0c 060a 2b06010401831c821202",
                            "300e 300c 060a 2b06010401831c8212", "300e 300c 060a 2b06010401831c821202 00"}) {
        spec.extra = {spdm_extension(hex)};
        EXPECT_TRUE(spdm_oids(make(spec, &root()).certificate).empty()) << hex;
    }
    spec.extra = {{.oid = "1.2.3.4", .value = *from_hex(hardware_mark)}};
    EXPECT_TRUE(spdm_oids(make(spec, &root()).certificate).empty());
    EXPECT_EQ(held(spec, "certificate.hardware-identity", Profile::cma, Model::device).outcome,
              Outcome::reported);
}

// rust-spdm#176, libspdm#2721
TEST(D113, TheHardwareIdentityStandsWhereTheModelPutsIt) {
    constexpr auto rule = "certificate.hardware-identity";
    auto marked = leaf_spec();
    marked.extra = {spdm_extension(hardware_mark)};
    auto above = ca_spec("Device CA");
    above.extra = {spdm_extension(hardware_mark)};
    EXPECT_EQ(held(marked, rule, Profile::cma, Model::device).outcome, Outcome::pass);
    EXPECT_EQ(held(marked, rule, Profile::cma, Model::alias).outcome, Outcome::fail);
    EXPECT_EQ(held(marked, rule, Profile::cma, Model::alias, above).outcome, Outcome::fail);
    EXPECT_EQ(held(marked, rule, Profile::vendor, Model::alias).outcome, Outcome::reported);
    EXPECT_EQ(held(leaf_spec(), rule, Profile::cma, Model::alias, above).outcome, Outcome::pass);
    EXPECT_EQ(held(leaf_spec(), rule, Profile::cma, Model::alias).outcome, Outcome::reported);
    EXPECT_EQ(held(leaf_spec(), rule, Profile::cma, Model::device).outcome, Outcome::reported);
}

// libspdm#2442
TEST(D114, ALeafMayLackBasicConstraintsAndMayNotBeACa) {
    constexpr auto rule = "certificate.leaf-is-no-ca";
    for (auto model : {Model::device, Model::alias}) {
        auto spec = leaf_spec();
        EXPECT_EQ(held(spec, rule, Profile::cma, model).outcome, Outcome::pass);
        spec.ca.reset();
        EXPECT_EQ(held(spec, rule, Profile::cma, model).outcome, Outcome::pass);
        spec.ca = true;
        EXPECT_EQ(held(spec, rule, Profile::cma, model).reason, "chain.leaf-is-ca");
        EXPECT_EQ(held(spec, rule, Profile::vendor, model).outcome, Outcome::fail);
        EXPECT_EQ(held(spec, rule, Profile::none, model).reason, "policy.off");
    }
}

TEST(Profile, ReportsTheDeviceInfo) {
    auto spec = leaf_spec();
    EXPECT_EQ(held(spec, "certificate.device-info").outcome, Outcome::reported);
    spec.other_names.push_back({std::string{oid::device_info}, "ACME:DISK:0001"});
    EXPECT_EQ(held(spec, "certificate.device-info").detail, "ACME:DISK:0001");
}

}  // namespace
}  // namespace busguard::trust
