#include "emulate/pki.h"

#include "crypto/issue.h"
#include "host/files.h"
#include "trust/profile.h"

#include <algorithm>
#include <array>
#include <system_error>

namespace busguard::emulate {
namespace {

using crypto::CertificateSpec;
using crypto::KeyUsage;
namespace oid = trust::oid;

constexpr unsigned char hardware_identity = 2;    // 1.3.6.1.4.1.412.274.2
constexpr unsigned char mutable_certificate = 5;  // 1.3.6.1.4.1.412.274.5

constexpr std::size_t serial_size = 16;
constexpr std::size_t largest_file = 1 << 20;

/// The digest that suits a key (NIST SP 800-57 part 1, table 3); EdDSA takes none.
crypto::Hash hash_for(crypto::KeyType key) {
    switch (key) {
        case crypto::KeyType::p521: return crypto::Hash::sha_512;
        case crypto::KeyType::p384:
        case crypto::KeyType::rsa_3072:
        case crypto::KeyType::rsa_4096: return crypto::Hash::sha_384;
        default: return crypto::Hash::sha_256;
    }
}

/// DSP0274 "SPDM certificate requirements": id-spdm-cert-oids, here with one object identifier,
/// 1.3.6.1.4.1.412.274.`last`: SEQUENCE { SEQUENCE { OBJECT IDENTIFIER } }.
crypto::Extension spdm_mark(unsigned char last) {
    const std::array<unsigned char, 16> der{0x30, 0x0e, 0x30, 0x0c, 0x06, 0x0a, 0x2b, 0x06,
                                            0x01, 0x04, 0x01, 0x83, 0x1c, 0x82, 0x12, last};
    return {.oid = std::string{oid::spdm_extension}, .value = to_bytes(std::as_bytes(std::span{der}))};
}

Result<CertificateSpec> new_spec(const std::string& organization, const std::string& common_name,
                                 const Validity& validity, Entropy& entropy) {
    CertificateSpec spec{.subject = {{"O", organization}, {"CN", common_name}},
                         .serial = Bytes(serial_size),
                         .not_before = validity.from,
                         .not_after = validity.to};
    TRY(entropy.fill(spec.serial));
    spec.serial.front() = (spec.serial.front() & std::byte{0x3f}) | std::byte{0x40};  // positive, full length
    return spec;
}

void make_authority(CertificateSpec& spec) {
    spec.ca = true;
    spec.key_usage = KeyUsage::key_cert_sign | KeyUsage::crl_sign;
}

Result<Credential> self_signed(const CertificateSpec& spec, crypto::Scheme scheme) {
    auto key = TRY(crypto::PrivateKey::generate(scheme));
    const auto hash = hash_for(key.public_key().type());
    const auto der = TRY(crypto::issue(spec, key.public_key(), nullptr, key, hash));
    auto certificate = TRY(crypto::Certificate::parse(der));
    return Credential{std::move(key), {std::move(certificate)}};
}

Result<Credential> issued(const CertificateSpec& spec, crypto::Scheme scheme, const Credential& issuer) {
    auto key = TRY(crypto::PrivateKey::generate(scheme));
    const auto hash = hash_for(issuer.key.public_key().type());
    const auto der = TRY(crypto::issue(spec, key.public_key(), &issuer.certificate(), issuer.key, hash));
    Credential made{std::move(key), issuer.chain};
    made.chain.push_back(TRY(crypto::Certificate::parse(der)));
    return made;
}

Result<CertificateSpec> leaf(const LeafSpec& spec, Entropy& entropy) {
    auto made = TRY(new_spec(spec.organization, spec.common_name, spec.validity, entropy));
    made.ca = false;
    made.key_usage = KeyUsage::digital_signature;
    if (spec.responder_purpose) made.extended_key_usage = {std::string{oid::responder_authentication}};
    if (!spec.cma_name.empty()) made.other_names.push_back({std::string{oid::cma_name}, spec.cma_name});
    if (!spec.device_info.empty())
        made.other_names.push_back({std::string{oid::device_info}, spec.device_info});
    return made;
}

namespace fs = std::filesystem;

constexpr std::uint32_t only_owner = 0600;

/// With those above it; what has to be made nobody else may enter.
Checked<void> make_private_directory(const fs::path& directory) {
    std::error_code error;
    if (fs::is_directory(directory, error)) return {};
    TRY(host::make_directory(directory.string()));
    fs::permissions(directory, fs::perms::owner_all, error);
    if (error)
        return fail(
            Problem{.where = directory.string(), .message = "cannot be made private: " + error.message()});
    return {};
}

Checked<void> write(const fs::path& file, ByteView bytes, std::uint32_t mode = 0644) {
    return host::write_file(file.string(), bytes, mode);
}

Problem wrong(const std::filesystem::path& file, std::string message, std::string remedy = {}) {
    return {.where = file.string(), .message = std::move(message), .remedy = std::move(remedy)};
}

}  // namespace

Bytes Credential::chain_der() const {
    Bytes all;
    for (const auto& one : chain) append(all, one.der());
    return all;
}

Validity device_lifetime() {
    using namespace std::chrono;
    return {sys_days{2024y / January / 1}, sys_days{9999y / December / 31} + 23h + 59min + 59s};
}

Result<Credential> make_root(const AuthoritySpec& spec, Entropy& entropy) {
    auto made = TRY(new_spec(spec.organization, spec.common_name, spec.validity, entropy));
    make_authority(made);
    return self_signed(made, spec.scheme);
}

Result<Credential> make_intermediate(const AuthoritySpec& spec, const Credential& issuer, Entropy& entropy) {
    auto made = TRY(new_spec(spec.organization, spec.common_name, spec.validity, entropy));
    make_authority(made);
    return issued(made, spec.scheme, issuer);
}

Result<Credential> make_leaf(const LeafSpec& spec, const Credential& issuer, Entropy& entropy) {
    auto made = TRY(leaf(spec, entropy));
    if (spec.hardware_identity) made.extra.push_back(spdm_mark(hardware_identity));
    return issued(made, spec.scheme, issuer);
}

Result<Credential> make_alias_leaf(const LeafSpec& spec, const Credential& issuer, Entropy& entropy) {
    auto device = TRY(new_spec(spec.organization, spec.common_name + " (device)", spec.validity, entropy));
    make_authority(device);
    if (spec.hardware_identity) device.extra.push_back(spdm_mark(hardware_identity));
    const auto authority = TRY(issued(device, spec.scheme, issuer));
    auto alias = TRY(leaf(spec, entropy));
    alias.extra.push_back(spdm_mark(mutable_certificate));
    return issued(alias, spec.scheme, authority);
}

Result<Credential> forge_leaf(const LeafSpec& spec, const Credential& forger, const Credential& victim,
                              Entropy& entropy) {
    // The forger's certificate with the victim's key identifier in it, so that the leaf names that one. Its
    // own signature breaks by that, but nobody is going to see it.
    auto der = to_bytes(forger.certificate().der());
    const auto own = forger.certificate().subject_key_id();
    const auto theirs = victim.certificate().subject_key_id();
    const auto place = std::ranges::search(der, own);
    if (place.empty() || own.size() != theirs.size()) return fail(Errc::bad_field, "subjectKeyIdentifier");
    std::ranges::copy(theirs, place.begin());
    const Credential disguised{forger.key, {TRY(crypto::Certificate::parse(der))}};
    auto made = TRY(make_leaf(spec, disguised, entropy));
    auto leaf = std::move(made.chain.back());
    made.chain = victim.chain;
    made.chain.push_back(std::move(leaf));
    return made;
}

Checked<void> store(const std::filesystem::path& directory, const Credential& credential) {
    TRY(make_private_directory(directory));
    std::string chain;
    for (const auto& one : credential.chain) chain += crypto::to_pem(one);
    TRY(write(directory / "key.pem", as_bytes(credential.key.to_pem()), only_owner));
    TRY(write(directory / "cert.pem", as_bytes(crypto::to_pem(credential.certificate()))));
    TRY(write(directory / "cert.der", credential.certificate().der()));
    TRY(write(directory / "root.pem", as_bytes(crypto::to_pem(credential.root()))));
    TRY(write(directory / "root.der", credential.root().der()));
    TRY(write(directory / "chain.pem", as_bytes(chain)));
    return write(directory / "chain.der", credential.chain_der());
}

Checked<Credential> load(const std::filesystem::path& directory) {
    const auto key_text = TRY(host::read_file(directory / "key.pem", largest_file));
    auto key = crypto::PrivateKey::from_pem(as_text(key_text));
    if (!key) return fail(wrong(directory / "key.pem", "holds no private key", "PEM, not encrypted"));
    const auto chain_text = TRY(host::read_file(directory / "chain.pem", largest_file));
    auto chain = crypto::parse_pem_bundle(as_text(chain_text));
    if (!chain || chain->empty())
        return fail(wrong(directory / "chain.pem", "holds no certificates", "PEM, root first"));
    const auto own = chain->back().public_key();
    if (!own || !(*own == key->public_key()))
        return fail(wrong(directory / "key.pem", "is not the key of the last certificate of chain.pem"));
    return Credential{*std::move(key), *std::move(chain)};
}

}  // namespace busguard::emulate
