#pragma once

#include "appraisal/appraise.h"
#include "crypto/key.h"
#include "evidence/transcript_review.h"

/// The judgement on a certificate chain, a part of appraise.h.
namespace busguard::appraisal {

/// A chain structure, parsed and judged once, however many records it signed.
struct JudgedChain {
    Bytes structure;
    spdm::BaseHash hash{};
    spdm::SlotId slot = 0;
    std::vector<crypto::Certificate> certificates;  ///< root to leaf; empty if they do not parse
    std::optional<crypto::PublicKey> key;           ///< the leaf's
    std::optional<std::size_t> anchor;              ///< which of the standard's the path leads to, if it does

    bool is_of(const evidence::Record& record) const {
        return slot == record.slot && hash == record.hash && structure == record.chain;
    }
};

/// Parses and judges the chain of a record; checks "chain.form" to "chain.key" and the profile's are added to
/// `checks`. `pci` null: nothing to compare the certificate with.
JudgedChain judge_chain(const evidence::Record& record, const evidence::Review& review,
                        const std::optional<spdm::Agreed>& agreed, const PciIdentity* pci,
                        const Standard& standard, crypto::CertificateCache* cache,
                        std::vector<Check>& checks);

/// May this anchor vouch for a device of this vendor (trust::Vendors)? Nothing: it may vouch for everybody's.
/// `pci` null: nobody knows whose device it is, and then it may not.
std::optional<Check> vendor_check(const trust::Anchors& anchors, std::size_t anchor, const PciIdentity* pci);

}  // namespace busguard::appraisal
