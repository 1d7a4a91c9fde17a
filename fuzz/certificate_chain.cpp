#include "spdm/certificate_chain.h"

#include "crypto/certificate.h"
#include "fuzz/target.h"

// The certificate chain structure of a slot, with the hash that the first byte chooses.
void busguard::fuzz::try_input(ByteView input) {
    if (input.empty()) return;
    const auto hash = spdm::BaseHash{1U << (std::to_integer<unsigned>(input[0]) % 6)};
    const auto bytes = input.subspan(1);
    const auto read = spdm::read_chain_structure(bytes, spdm::size(hash));
    if (read) {
        expect(4 + read->root_hash.size() + read->certificates.size() == bytes.size(),
               "all bytes are told of");
        (void)crypto::split_chain(read->certificates);
        // Made again, it differs in nothing but a root hash that was wrong.
        if (const auto made = spdm::chain_structure(hash, read->certificates)) {
            const auto again = spdm::read_chain_structure(*made, spdm::size(hash));
            expect(again && same(again->certificates, read->certificates), "there and back");
        }
    }
    (void)spdm::chain_structure(hash, bytes);
}
