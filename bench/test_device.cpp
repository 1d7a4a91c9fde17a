#include "bench/test_device.h"

#include "bench/measure.h"
#include "trust/profile.h"

namespace busguard::bench {
namespace {

constexpr PciIdentity identity{.vendor = 0x1b36, .device = 0x0010, .class_code = 0x010802, .revision = 2};

}  // namespace

TestDevice::TestDevice() {
    const auto root = must(emulate::make_root({"Bench", "Bench Root"}, entropy));
    authorities_ = {root, must(emulate::make_intermediate({"Bench", "Bench Authority"}, root, entropy))};
    profile = sibling();
    for (std::uint8_t index = 1; index <= 8; ++index)
        profile.measurements.push_back(
            {index, spdm::MeasurementType::mutable_firmware, false, Bytes(48, std::byte{index})});
    standard.anchors.add(root.root(), "bench");
    standard.at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};
    circumstances = {.device = "bench/0", .transport = "memory", .pci = identity, .when = standard.at};
}

spdm::Profile TestDevice::sibling() {
    emulate::LeafSpec spec{.organization = "Bench", .common_name = "Bench Device"};
    spec.cma_name = trust::cma_name(identity);
    const auto leaf = must(emulate::make_leaf(spec, authorities_.back(), entropy));
    spdm::Profile made;
    made.slots.emplace(spdm::SlotId{0}, spdm::ProvisionedSlot{leaf.chain_der(), leaf.key});
    return made;
}

double least_cryptography(const TestDevice& device) {
    const auto& key = device.profile.slots.at(0).key;
    const Bytes message(148);
    constexpr auto scheme = crypto::Scheme::ecdsa_p384;
    constexpr auto hash = crypto::Hash::sha_384;
    const auto signature = must(key.sign(scheme, hash, message));
    const auto seconds = compare({[&] { (void)key.sign(scheme, hash, message); },
                                  [&] { (void)key.public_key().verify(scheme, hash, message, signature); }},
                                 std::chrono::milliseconds{1000});
    return seconds[0] + 3 * seconds[1];
}

Result<void> visit(spdm::Visit& visit, spdm::Responder& responder) {
    auto step = TRY(visit.start());
    while (const auto* send = std::get_if<spdm::Send>(&step)) {
        const auto reply = responder.reply(send->message);
        step = TRY(visit.answer(reply.message));
    }
    return {};
}

appraisal::Verdict judge(const spdm::Visit& visit, const TestDevice& device,
                         crypto::CertificateCache* cache) {
    return appraisal::appraise(evidence::bundle_of(visit.rules().found(), device.circumstances, nullptr),
                               device.standard, cache);
}

}  // namespace busguard::bench
