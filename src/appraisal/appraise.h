#pragma once

#include "appraisal/reference.h"
#include "appraisal/verdict.h"
#include "evidence/bundle.h"
#include "trust/anchors.h"
#include "trust/profile.h"

#include <chrono>
#include <optional>

namespace busguard::appraisal {

/// What evidence is held to: the owner's choices, all of them explicit.
struct Standard {
    trust::Anchors anchors;  ///< none: nothing is trusted
    trust::Profile profile = trust::Profile::cma;

    enum class TimePolicy : std::uint8_t {
        now,    ///< the path has to be valid at `at`, which a clock gave; a clock before 2025 is not believed
        given,  ///< the path has to be valid at `at`, which a person chose
        ignore,  ///< dates are not looked at, and the verdict says so
    };
    TimePolicy time_policy = TimePolicy::now;
    std::optional<std::chrono::sys_seconds> at;  ///< nothing: there is no clock; decides unless `ignore`

    /// The lists are those of `anchors`; one that is not signed by its issuer is none.
    enum class Revocation : std::uint8_t {
        check,    ///< what a list names is refused; where there is none, or an old one, the verdict says so
        require,  ///< each certificate below the anchor needs a current list
    };
    Revocation revocation = Revocation::check;

    spdm::Version minimum_version = spdm::Version::v1_0;
    std::optional<PciIdentity>
        expected_identity;  ///< the device that it ought to be of; nothing: whoever it is
    std::optional<spdm::Nonce>
        expected_nonce;                 ///< the requester's nonce that some record has to be signed over
    bool require_measurements = false;  ///< signed ones, equal to a reference
    std::optional<Reference> reference;
};

/// Pure: the same evidence and standard give the same verdict, wherever and whenever. Each certificate is
/// parsed once, each path and each signature verified once.
///
/// Checks, in this order: "dialogue" (did it come to its end), then for each record "chain.form",
/// "chain.path", "chain.time", "chain.revocation", "chain.root-hash", "chain.key" and those of
/// trust/profile.h, evidence/transcript_review.h, "signature"; then "negotiation.version", "freshness.nonce",
/// "device.identity", "evidence.coherence", "measurements", "measurement.N".
///
/// `cache`: certificates that were parsed before; it changes the time that is taken and nothing else.
Verdict appraise(const evidence::Bundle& bundle, const Standard& standard,
                 crypto::CertificateCache* cache = nullptr);

}  // namespace busguard::appraisal
