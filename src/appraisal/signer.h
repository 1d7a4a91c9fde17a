#pragma once

#include "crypto/certificate.h"
#include "evidence/bundle.h"

#include <optional>
#include <string>

namespace busguard::appraisal {

/// Whose signature a bundle shows, for comparing it with whose was accepted before. SHA-256, lower-case hex.
struct Signer {
    spdm::SlotId slot = 0;
    std::string key;          ///< of the leaf's SubjectPublicKeyInfo: the same however often it is certified
    std::string certificate;  ///< of the leaf
    std::string root;         ///< of the first certificate of the chain

    friend bool operator==(const Signer&, const Signer&) = default;
};

/// Of the last record, the freshest. Nobody has verified it here: it says something about a device whose
/// verdict is good. Nothing without a record, or with a chain that does not parse.
std::optional<Signer> signer_of(const evidence::Bundle& bundle, crypto::CertificateCache* cache = nullptr);

}  // namespace busguard::appraisal
