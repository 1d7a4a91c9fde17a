#pragma once

#include "crypto/issue.h"
#include "fuzz/target.h"
#include "spdm/algorithms.h"
#include "spdm/authentication.h"
#include "spdm/responder.h"

#include <map>

/// A device in memory, and what a requester wants to know of it: for the targets that run the protocol and
/// for the program that writes their seeds.
namespace busguard::fuzz {

/// Deterministic: an input behaves alike each time it is tried.
class Counting final : public Entropy {
public:
    /// Two sides of one exchange begin differently: nobody takes his own nonce back.
    explicit Counting(unsigned start = 0) : next_{start} {}

    Result<void> fill(std::span<std::byte> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::byte>(next_++ * 37U + 11U);
        return {};
    }

private:
    unsigned next_;
};

/// One key for the whole run; the same certificate for a whole corpus is not needed.
inline spdm::ProvisionedSlot slot_of(crypto::Scheme scheme) {
    static std::map<crypto::Scheme, spdm::ProvisionedSlot> made;
    const auto found = made.find(scheme);
    if (found != made.end()) return found->second;
    auto key = crypto::PrivateKey::generate(scheme);
    expect(static_cast<bool>(key), "a key");
    crypto::CertificateSpec spec;
    spec.subject = {{"CN", "fuzz"}};
    spec.serial = Bytes{std::byte{1}};
    spec.not_before = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
    spec.not_after = std::chrono::sys_days{std::chrono::year{2034} / 1 / 1};
    auto der = crypto::issue(spec, key->public_key(), nullptr, *key, crypto::Hash::sha_256);
    expect(static_cast<bool>(der), "a certificate");
    return made
        .emplace(scheme, spdm::ProvisionedSlot{.certificates = *std::move(der), .key = *std::move(key)})
        .first->second;
}

/// The device that a byte chooses: versions up to one of four, P-256 or Ed25519.
inline spdm::Profile device_of(std::byte chosen) {
    using enum spdm::Version;
    const auto bits = std::to_integer<unsigned>(chosen);
    const auto scheme = (bits & 4U) != 0 ? crypto::Scheme::ed25519 : crypto::Scheme::ecdsa_p256;
    spdm::Profile device;
    device.versions = {v1_0, v1_1, v1_2, v1_3};
    device.versions.resize(1 + (bits & 3U));
    device.asym = spdm::base_asym_of(scheme);
    device.hash = spdm::BaseHash::sha_256;
    device.measurement_hash = spdm::MeasurementHash::sha_256;
    device.slots.emplace(spdm::SlotId{0}, slot_of(scheme));
    device.slots.emplace(spdm::SlotId{3}, slot_of(scheme));
    device.measurements = {
        {1, spdm::MeasurementType::immutable_rom, true, to_bytes(as_bytes("rom 1.0"))},
        {2, spdm::MeasurementType::mutable_firmware, false, Bytes(32, std::byte{7})},
        {0xfe, spdm::MeasurementType::device_mode, true, Bytes(16)},
    };
    device.vendor = [](const spdm::msg::VendorRequest& request) -> std::optional<Bytes> {
        return request.payload;
    };
    return device;
}

/// The visit that two bytes choose.
inline spdm::Plan plan_of(std::byte first, std::byte second) {
    using enum spdm::Version;
    using Measure = spdm::Plan::Measure;
    const auto bits = std::to_integer<unsigned>(first);
    spdm::Plan plan;
    plan.offer.versions = {v1_0, v1_1, v1_2, v1_3};
    plan.offer.versions.resize(1 + (bits & 3U));
    plan.challenge = (bits & 4U) == 0;
    plan.summary = (bits & 8U) != 0 ? spdm::SummaryType::all : spdm::SummaryType::none;
    plan.measure = static_cast<Measure>((bits >> 4U & 3U) % 3U);
    plan.raw_measurements = (bits & 64U) != 0;
    if ((bits & 128U) != 0) plan.vendor.push_back({.standard_id = 0, .vendor_id = {}, .payload = Bytes(3)});
    plan.slots = static_cast<std::uint8_t>(second) == 0 ? 0xff : static_cast<std::uint8_t>(second);
    return plan;
}

}  // namespace busguard::fuzz
