// Several certificates in one file: DER after DER, and PEM.

#include "crypto/certificate.h"
#include "crypto/certificate_cache.h"
#include "crypto/openssl.h"

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
    const Bio text{must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())))};
    std::vector<Certificate> bundle;
    while (true) {
        char* name = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long size = 0;
        if (PEM_read_bio(text.get(), &name, &header, &data, &size) != 1) break;
        const OpensslMemory<char> own_name{name};
        const OpensslMemory<char> own_header{header};
        const OpensslMemory<unsigned char> own_data{data};

        const bool wanted = std::string_view{name} == PEM_STRING_X509;
        auto certificate = wanted ? Certificate::parse(view(data, static_cast<std::size_t>(size)))
                                  : Result<Certificate>{fail(Errc::unexpected, "PEM")};
        OPENSSL_cleanse(data, static_cast<std::size_t>(size));  // it may have been a private key
        if (!wanted) continue;
        if (!certificate) return fail(certificate.error());
        if (bundle.size() == most_in_bundle) return fail(Errc::too_large, "CERTIFICATE");
        bundle.push_back(*std::move(certificate));
    }
    const bool at_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!at_the_end) return openssl_failure(Errc::bad_field, "PEM");
    ERR_clear_error();
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
