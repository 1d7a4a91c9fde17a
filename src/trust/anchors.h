#pragma once

#include "base/problem.h"
#include "crypto/certificate.h"
#include "crypto/ocsp_response.h"
#include "crypto/revocation_list.h"

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace busguard::trust {

/// PCI vendors whose devices a root may vouch for; empty: everybody's. A certificate says nothing of that,
/// its trust's owner does.
using Vendors = std::set<std::uint16_t>;

/// A certificate that the system's owner trusts to vouch for devices, and where it came from.
struct Anchor {
    crypto::Certificate certificate;
    std::string provenance;  ///< e.g. "file /etc/busguard/anchors/acme.pem"; for people
    Vendors vendors;
};

/// The anchors of one appraisal. Files and directories are read elsewhere (host/, cli/): bytes come in here.
/// Whether a certificate is still valid, or a good anchor at all, is not judged here but on a path through it
/// (crypto/path.h).
class Anchors {
public:
    /// Takes what a file holds: a PEM bundle, or certificates in DER one after the other. Of the same
    /// certificate again the first provenance stays, and it may vouch for the vendors of both. Says how many
    /// were new. The Problem
    /// names `where` (e.g. a path) when there is no certificate, or one that does not parse; nothing is taken
    /// then.
    Checked<std::size_t> add(ByteView file, const std::string& where, const std::string& provenance,
                             const Vendors& vendors = {});
    /// False if it is there already.
    bool add(crypto::Certificate certificate, std::string provenance, const Vendors& vendors = {});

    /// Revocation lists of authorities on the paths below: what a file holds, in PEM or DER. The Problem
    /// names `where`; nothing is taken then.
    Checked<void> add_revocations(ByteView file, const std::string& where);
    std::span<const crypto::RevocationList> revocations() const { return revocations_; }
    /// What an authority answered about one of its certificates (OCSP), in DER; as the lists.
    Checked<void> add_answer(ByteView file, const std::string& where);
    std::span<const crypto::OcspResponse> answers() const { return answers_; }

    bool empty() const { return certificates_.empty(); }
    std::size_t size() const { return certificates_.size(); }
    /// As crypto::verify_path wants them; its result is an index for at().
    std::span<const crypto::Certificate> certificates() const { return certificates_; }
    Anchor at(std::size_t index) const {
        return {certificates_[index], provenances_[index], vendors_[index]};
    }
    const std::string& provenance(std::size_t index) const { return provenances_[index]; }
    const Vendors& vendors(std::size_t index) const { return vendors_[index]; }

private:
    std::vector<crypto::Certificate> certificates_;
    std::vector<std::string> provenances_;  // of the same index
    std::vector<Vendors> vendors_;          // of the same index
    std::vector<crypto::RevocationList> revocations_;
    std::vector<crypto::OcspResponse> answers_;
};

}  // namespace busguard::trust
