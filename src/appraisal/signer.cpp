#include "appraisal/signer.h"

#include "base/hex.h"
#include "crypto/certificate.h"
#include "spdm/algorithms.h"
#include "spdm/certificate_chain.h"

namespace busguard::appraisal {

std::optional<Signer> signer_of(const evidence::Bundle& bundle, crypto::CertificateCache* cache) {
    if (bundle.records.empty()) return std::nullopt;
    const auto& record = bundle.records.back();
    const auto structure = spdm::read_chain_structure(record.chain, crypto::size(spdm::hash_of(record.hash)));
    if (!structure) return std::nullopt;
    const auto certificates = crypto::split_chain(structure->certificates, {}, cache);
    if (!certificates || certificates->empty()) return std::nullopt;
    constexpr auto hash = crypto::Hash::sha_256;
    const auto& leaf = certificates->back();
    return Signer{.slot = record.slot,
                  .key = to_hex(leaf.key_fingerprint(hash)),
                  .certificate = to_hex(leaf.fingerprint(hash)),
                  .root = to_hex(certificates->front().fingerprint(hash))};
}

}  // namespace busguard::appraisal
