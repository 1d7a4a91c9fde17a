#include "tests/crypto/support.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace busguard::crypto::test {

const PrivateKey& key_of(Scheme scheme) {
    static std::map<Scheme, PrivateKey> keys;
    // RSASSA and RSAPSS of one size may share a key: half the waiting
    switch (scheme) {
        case Scheme::rsapss_2048: return key_of(Scheme::rsassa_2048);
        case Scheme::rsapss_3072: return key_of(Scheme::rsassa_3072);
        case Scheme::rsapss_4096: return key_of(Scheme::rsassa_4096);
        default: break;
    }
    auto found = keys.find(scheme);
    if (found == keys.end()) found = keys.emplace(scheme, *PrivateKey::generate(scheme)).first;
    return found->second;
}

const PrivateKey& other_key() {
    static const PrivateKey key = *PrivateKey::generate(Scheme::ecdsa_p384);
    return key;
}

std::chrono::sys_seconds date(int year, unsigned month, unsigned day) {
    return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
}

CertificateSpec spec(const std::string& common_name) {
    return {.subject = {{"O", "Busguard Test"}, {"CN", common_name}},
            .serial = {std::byte{1}},
            .not_before = date(2020, 1, 1),
            .not_after = date(2040, 1, 1)};
}

CertificateSpec ca_spec(const std::string& common_name) {
    auto made = spec(common_name);
    made.ca = true;
    made.key_usage = KeyUsage::key_cert_sign | KeyUsage::crl_sign;
    return made;
}

CertificateSpec plain(CertificateSpec made) {
    made.key_identifiers = false;
    return made;
}

Node make(const CertificateSpec& spec, const Node* issuer, Scheme scheme) {
    auto key = PrivateKey::generate(scheme);
    const auto& signer = issuer == nullptr ? *key : issuer->key;
    const auto der = issue(spec, key->public_key(), issuer == nullptr ? nullptr : &issuer->certificate,
                           signer, Hash::sha_384);
    EXPECT_TRUE(der) << (der ? "" : der.error().what);
    auto certificate = Certificate::parse(*der);
    EXPECT_TRUE(certificate) << (certificate ? "" : certificate.error().what);
    return {*std::move(key), *std::move(certificate)};
}

Scratch::Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "busguard-crypto-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) directory_ = pattern;
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string Scratch::write(const std::string& name, ByteView bytes) const {
    std::ofstream file{directory_ / name, std::ios::binary};
    file << as_text(bytes);
    return path(name);
}

Bytes Scratch::read(const std::string& name) const { return read_file(directory_ / name); }

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return to_bytes(as_bytes(text));
}

bool openssl(const std::string& arguments) {
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): the words are this test's, and it has one thread
    return std::system(("openssl " + arguments + " >/dev/null 2>&1").c_str()) == 0;
}

bool have_openssl() {
    static const bool have = openssl("version");
    return have;
}

std::filesystem::path shared_data() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
    if (const char* set = std::getenv("BUSGUARD_SHARED_DATA"); set != nullptr) return set;
    const std::filesystem::path source{BUSGUARD_SOURCE_DIR};
    for (const auto& above : {source.parent_path(), source.parent_path().parent_path()})
        if (std::filesystem::exists(above / "shared" / "data")) return above / "shared" / "data";
    return {};
}

}  // namespace busguard::crypto::test
