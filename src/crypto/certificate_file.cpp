// Several certificates in one file: DER after DER, and PEM.

#include "crypto/certificate.h"
#include "crypto/certificate_cache.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"

#include <openssl/pem.h>

namespace busguard::crypto {
namespace {

constexpr std::size_t largest_bundle = 64UL * 1024 * 1024;

/// Which certificate of several is wrong.
Failure<Error> at(std::size_t offset, Error error) {
    error.offset += offset;
    return fail(error);
}

}  // namespace

Result<std::vector<Certificate>> split_chain(ByteView concatenated, std::span<const Certificate> known,
                                             CertificateCache* cache) {
    std::vector<Certificate> chain;
    for (std::size_t offset = 0; offset < concatenated.size();) {
        if (chain.size() == most_in_chain) return fail(Errc::too_large, "certificates", offset);
        const auto rest = concatenated.subspan(offset);
        const auto length = der_length(rest);
        if (!length) return at(offset, length.error());
        const auto der = rest.first(*length);
        offset += *length;
        const auto old = std::ranges::find_if(known, [&](const auto& one) { return same(one.der(), der); });
        if (old != known.end()) {
            chain.push_back(*old);
            continue;
        }
        auto certificate = cache != nullptr ? cache->parse(der) : Certificate::parse(der);
        if (!certificate) return at(offset - *length, certificate.error());
        chain.push_back(*std::move(certificate));
    }
    return chain;
}

Result<std::vector<Certificate>> parse_pem_bundle(std::string_view pem) {
    if (pem.size() > largest_bundle) return fail(Errc::too_large, "PEM");
    std::vector<Certificate> bundle;
    const auto take = [&](ByteView der) -> Result<void> {
        auto certificate = TRY(Certificate::parse(der));
        if (bundle.size() == most_in_bundle) return fail(Errc::too_large, "CERTIFICATE");
        bundle.push_back(std::move(certificate));
        return {};
    };
    TRY(each_pem_block(pem, PEM_STRING_X509, take));
    if (bundle.empty()) return fail(Errc::not_found, "CERTIFICATE");
    return bundle;
}

std::string to_pem(const Certificate& certificate) {
    const Bio text{must(BIO_new(BIO_s_mem()))};
    if (PEM_write_bio_X509(text.get(), certificate.native()) != 1) throw std::bad_alloc{};
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace busguard::crypto
