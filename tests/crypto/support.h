#pragma once

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/issue.h"
#include "crypto/key.h"
#include "crypto/path.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace busguard::crypto::test {

/// A key of each scheme, made once a process: RSA keys take long.
const PrivateKey& key_of(Scheme scheme);
/// Another one, of P-384.
const PrivateKey& other_key();

std::chrono::sys_seconds date(int year, unsigned month, unsigned day);

/// A subject that can sign: what the next certificate needs.
struct Node {
    PrivateKey key;
    Certificate certificate;
};

/// Defaults for a certificate with this common name: serial 1, 2020 to 2040.
CertificateSpec spec(const std::string& common_name);
CertificateSpec ca_spec(const std::string& common_name);
/// Without key identifiers: names alone tell the issuer.
CertificateSpec plain(CertificateSpec made);
/// Fails the test when it cannot be made. `issuer` null: self-signed.
Node make(const CertificateSpec& spec, const Node* issuer, Scheme scheme = Scheme::ecdsa_p384);

/// A directory that goes with the object.
class Scratch {
public:
    Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();
    std::string write(const std::string& name, ByteView bytes) const;
    Bytes read(const std::string& name) const;
    std::string path(const std::string& name) const { return (directory_ / name).string(); }

private:
    std::filesystem::path directory_;
};

Bytes read_file(const std::filesystem::path& path);

/// Is there an openssl program?
bool have_openssl();
/// Runs `openssl ARGUMENTS`, quietly. Did it succeed?
bool openssl(const std::string& arguments);

/// The developers' data (BUSGUARD_SHARED_DATA, else ../shared/data beside the source tree's parent); empty if
/// there is none.
std::filesystem::path shared_data();

}  // namespace busguard::crypto::test
