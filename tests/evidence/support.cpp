#include "tests/evidence/support.h"

namespace busguard::evidence::test {

using crypto::test::Node;

crypto::CertificateSpec leaf_spec() {
    auto spec = crypto::test::spec("Disk 1");
    spec.ca = false;
    spec.key_usage = crypto::KeyUsage::digital_signature;
    spec.other_names = {
        {"2.23.147", "Vendor=1b36:Device=0010:CC=010802:REV=02:SSVID=1af4:SSID=1100"},
        {"1.3.6.1.4.1.412.274.1", "ACME:DISK:0001"},
    };
    return spec;
}

const Node& root() {
    static const Node node = crypto::test::make(crypto::test::ca_spec("Root"), nullptr);
    return node;
}

const Node& authority() {
    static const Node node = crypto::test::make(crypto::test::ca_spec("Authority"), &root());
    return node;
}

Hierarchy::Hierarchy(const crypto::CertificateSpec& leaf, crypto::Scheme scheme) {
    auto made = crypto::test::make(leaf, &authority(), scheme);
    chain = {root().certificate, authority().certificate, made.certificate};
    key = made.key;
}

Bytes Hierarchy::der() const {
    Bytes all;
    for (const auto& one : chain) append(all, one.der());
    return all;
}

spdm::Profile device(const Hierarchy& hierarchy, crypto::Scheme scheme, crypto::Hash hash) {
    auto profile = spdm::test::disk(scheme, hash);
    profile.slots.clear();
    profile.slots.emplace(spdm::SlotId{0}, spdm::ProvisionedSlot{hierarchy.der(), *hierarchy.key});
    return profile;
}

spdm::Plan everything(spdm::Version version) {
    spdm::Plan plan;
    plan.measure = spdm::Plan::Measure::all_at_once;
    plan.offer.versions = {version};
    return plan;
}

Circumstances circumstances() {
    return {.device = "pci/0000:01:00.0",
            .transport = "doe",
            .pci = disk_identity(),
            .when = crypto::test::date(2026, 11, 22),
            .recorded_by = "busguard test"};
}

Bundle visit(const spdm::Profile& profile, spdm::Plan plan, spdm::test::Meddle meddle) {
    static crypto::SystemEntropy entropy;
    spdm::Visit visit{{std::move(plan), entropy}};
    spdm::test::Cable cable{spdm::Responder{profile, entropy}, std::move(meddle)};
    const auto outcome = cable.run(visit);
    return bundle_of(visit.rules().found(), circumstances(), outcome ? nullptr : &outcome.error());
}

Files kernel_files() {
    Files files;
    const auto data = crypto::test::shared_data();
    if (data.empty()) return files;
    const auto device = data / "kernel-captures" / "spdm-1.3-p384";
    for (const auto* folder : {"signatures", "certificates"}) {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator{device / folder, ignored})
            files[std::string{folder} + '/' + entry.path().filename().string()] =
                crypto::test::read_file(entry.path());
    }
    return files;
}

std::optional<Hopper> hopper() {
    const auto data = crypto::test::shared_data();
    if (data.empty() || !std::filesystem::exists(data / "nvidia-hopper")) return std::nullopt;
    const auto text = [&](const char* name) {
        return std::string{as_text(crypto::test::read_file(data / "nvidia-hopper" / name))};
    };
    return Hopper{text("hopperAttestationReport.txt"), text("hopperCertChain.txt"),
                  text("verifier_device_root.pem")};
}

}  // namespace busguard::evidence::test
