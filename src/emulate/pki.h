#pragma once

#include "base/problem.h"
#include "base/result.h"
#include "base/seams.h"
#include "crypto/certificate.h"
#include "crypto/key.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

/// A small public key infrastructure as device makers have it: a root, an authority below it, a certificate
/// for each device, in the forms of DSP0274 (annex "Certificates") and of PCIe 6.31.3 (CMA).
namespace busguard::emulate {

/// A private key, and the certificates from the root to its own.
struct Credential {
    crypto::PrivateKey key;
    std::vector<crypto::Certificate> chain;

    const crypto::Certificate& certificate() const { return chain.back(); }
    const crypto::Certificate& root() const { return chain.front(); }
    /// The certificates in DER, root first: a slot's content.
    Bytes chain_der() const;
};

/// Both ends inclusive. 9999-12-31 23:59:59 says "no end" (RFC 5280 4.1.2.5).
struct Validity {
    std::chrono::sys_seconds from;
    std::chrono::sys_seconds to;

    friend bool operator==(const Validity&, const Validity&) = default;
};
/// From 2024 on, without end: what IEEE 802.1AR asks of a device's identity.
Validity device_lifetime();

struct AuthoritySpec {
    std::string organization;  ///< subject: O=organization, CN=common_name
    std::string common_name;
    crypto::Scheme scheme = crypto::Scheme::ecdsa_p384;
    Validity validity = device_lifetime();
};

struct LeafSpec {
    std::string organization;
    std::string common_name;
    crypto::Scheme scheme = crypto::Scheme::ecdsa_p384;
    Validity validity = device_lifetime();
    std::string cma_name;     ///< subjectAltName otherName 2.23.147, trust::cma_name(); empty: none
    std::string device_info;  ///< otherName 1.3.6.1.4.1.412.274.1 "manufacturer:product:serial"; empty: none
    bool responder_purpose = true;  ///< extended key usage 1.3.6.1.4.1.412.274.3
    bool hardware_identity = true;  ///< 1.3.6.1.4.1.412.274.2; not in an alias certificate
};

/// Errors of all that make: bad_field, unsupported, crypto (crypto/issue.h, crypto/key.h).
Result<Credential> make_root(const AuthoritySpec& spec, Entropy& entropy);
Result<Credential> make_intermediate(const AuthoritySpec& spec, const Credential& issuer, Entropy& entropy);
/// Device certificate model: a leaf that names the device's hardware.
Result<Credential> make_leaf(const LeafSpec& spec, const Credential& issuer, Entropy& entropy);
/// Alias certificate model: the device's own authority, which carries the hardware identity, and under it the
/// leaf that firmware makes at each start, marked mutable (1.3.6.1.4.1.412.274.5).
Result<Credential> make_alias_leaf(const LeafSpec& spec, const Credential& issuer, Entropy& entropy);

/// What a forger hands out: a leaf signed with the key of `forger`, an authority of the same names as
/// `victim`, under the victim's own certificates, whose key identifier it names too. Only the signature
/// tells. With another name than the victim's, the issuer's name tells as well.
Result<Credential> forge_leaf(const LeafSpec& spec, const Credential& forger, const Credential& victim,
                              Entropy& entropy);

/// Writes DIR/{key.pem (mode 0600), cert.pem, cert.der, root.pem, root.der, chain.pem, chain.der}; makes DIR
/// (mode 0700). The Problem names the file.
Checked<void> store(const std::filesystem::path& directory, const Credential& credential);
/// Reads key.pem and chain.pem. The key must be the last certificate's.
Checked<Credential> load(const std::filesystem::path& directory);

}  // namespace busguard::emulate
