#pragma once

#include "crypto/entropy.h"
#include "crypto/issue.h"
#include "spdm/algorithms.h"
#include "spdm/authentication.h"
#include "spdm/responder.h"

#include <gtest/gtest.h>

#include <functional>

/// A device in memory for the tests of spdm/: certificates of any algorithm, and a cable that may lie.
namespace busguard::spdm::test {

/// Deterministic, and never the same twice.
class Counting final : public Entropy {
public:
    Result<void> fill(std::span<std::byte> bytes) override {
        for (auto& byte : bytes) byte = static_cast<std::byte>(next_++ * 37U + 11U);
        return {};
    }

private:
    unsigned next_ = 0;
};

/// A self-signed certificate is chain enough for the protocol; trust/ has real ones.
inline ProvisionedSlot slot_of(crypto::Scheme scheme) {
    static std::map<crypto::Scheme, std::pair<Bytes, crypto::PrivateKey>> made;
    auto found = made.find(scheme);
    if (found == made.end()) {
        auto key = crypto::PrivateKey::generate(scheme);
        EXPECT_TRUE(key);
        crypto::CertificateSpec spec;
        spec.subject = {{"CN", "test device"}};
        spec.serial = Bytes{std::byte{1}};
        spec.not_before = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
        spec.not_after = std::chrono::sys_days{std::chrono::year{2034} / 1 / 1};
        auto der = crypto::issue(spec, key->public_key(), nullptr, *key, crypto::Hash::sha_256);
        EXPECT_TRUE(der);
        found = made.emplace(scheme, std::pair{*std::move(der), *std::move(key)}).first;
    }
    return {.certificates = found->second.first, .key = found->second.second};
}

inline Profile disk(crypto::Scheme scheme = crypto::Scheme::ecdsa_p384,
                    crypto::Hash hash = crypto::Hash::sha_384) {
    Profile profile;
    profile.asym = base_asym_of(scheme);
    profile.hash = base_hash_of(hash);
    profile.measurement_hash = measurement_hash_of(hash);
    profile.slots.emplace(SlotId{0}, slot_of(scheme));
    profile.measurements = {
        {1, MeasurementType::immutable_rom, true, to_bytes(as_bytes("rom 1.0"))},
        {2, MeasurementType::mutable_firmware, true, to_bytes(as_bytes("firmware 7"))},
        {0xfe, MeasurementType::device_mode, true, Bytes(16)},
    };
    return profile;
}

using Meddle = std::function<void(unsigned round, Bytes& reply)>;

/// The same visit as drive/ makes it, without a transport.
struct Cable {
    Result<void> run(Visit& visit) {
        auto step = visit.start();
        while (step && std::holds_alternative<Send>(*step)) {
            auto& send = std::get<Send>(*step);
            waited += send.after;
            requests.push_back(send.message);
            auto reply = responder.reply(send.message);
            faults.push_back(reply.fault);
            if (meddle) meddle(round, reply.message);
            ++round;
            step = visit.answer(reply.message);
        }
        if (!step) return fail(step.error());
        return {};
    }

    Responder responder;
    Meddle meddle;
    unsigned round = 0;
    Time waited{0};
    std::vector<Bytes> requests;
    std::vector<std::optional<Error>> faults;
};

inline Result<void> verify(const Statement& statement, const crypto::PublicKey& key) {
    const auto hash = hash_of(statement.hash);
    const auto message = message_to_sign(statement.version, statement.context, hash, statement.transcript);
    return key.verify(scheme_of(statement.asym), hash, message, statement.signature,
                      eddsa_context(statement.context));
}

}  // namespace busguard::spdm::test
