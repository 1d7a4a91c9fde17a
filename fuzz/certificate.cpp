#include "crypto/certificate.h"

#include "crypto/path.h"
#include "fuzz/target.h"

namespace {

using namespace busguard;

void read_all(const crypto::Certificate& certificate) {
    fuzz::expect(certificate.version() >= 1 && certificate.version() <= 3, "version");
    for (const auto& text : {certificate.subject(), certificate.issuer(), certificate.serial()})
        for (const char c : text) fuzz::expect(c >= ' ' && c <= '~', "names are printable ASCII");
    (void)certificate.not_before();
    (void)certificate.not_after();
    (void)certificate.basic_constraints_ca();
    (void)certificate.path_length();
    (void)certificate.key_usage();
    (void)certificate.extended_key_usage();
    (void)certificate.other_names();
    (void)certificate.extensions();
    (void)certificate.subject_key_id();
    (void)certificate.authority_key_id();
    (void)certificate.signature_algorithm();
    (void)certificate.self_issued();
    if (const auto key = certificate.public_key()) (void)key->describe();
}

}  // namespace

// Certificates in DER, one after the other, and in PEM; and the path that they claim to be.
void busguard::fuzz::try_input(ByteView input) {
    if (const auto length = crypto::der_length(input))
        expect(*length <= input.size(), "der_length in bounds");
    if (const auto one = crypto::Certificate::parse(input))
        expect(same(one->der(), input), "a certificate keeps its bytes");

    if (const auto chain = crypto::split_chain(input)) {
        Bytes all;
        for (const auto& certificate : *chain) {
            read_all(certificate);
            append(all, certificate.der());
            const auto again = crypto::parse_pem_bundle(crypto::to_pem(certificate));
            expect(again && again->size() == 1 && again->front() == certificate, "PEM: there and back");
        }
        expect(same(all, input), "a chain is its certificates and nothing else");
        const auto path = crypto::verify_path(*chain, {}, {});
        expect(!path, "nothing is trusted without an anchor");
    }
    if (const auto bundle = crypto::parse_pem_bundle(as_text(input)))
        for (const auto& certificate : *bundle) read_all(certificate);
}
