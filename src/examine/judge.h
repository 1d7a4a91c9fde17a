#pragma once

#include "appraisal/appraise.h"
#include "appraisal/signer.h"
#include "base/problem.h"
#include "crypto/certificate_cache.h"
#include "examine/visit.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace busguard::examine {

/// What devices are held to: one standard for all, and what differs for some of them.
struct Demands {
    appraisal::Standard standard;
    std::map<std::string, trust::Profile> profiles;  ///< by device's name: held to another profile
    std::vector<appraisal::Reference> references;    ///< the first whose `applies_to` fits is taken
    const Clock* clock = nullptr;  ///< dates are held to it at each judgement; null: standard.at stands
};

/// Judges evidence. Daemon and command line share it, so they cannot judge differently.
class Judge {
public:
    explicit Judge(Demands demands) : demands_{std::move(demands)} {}

    appraisal::Verdict operator()(const evidence::Bundle& bundle) const;
    appraisal::Verdict operator()(const Visited& visited) const;
    /// Of evidence of the past: certificates have to have been valid `at` that moment.
    appraisal::Verdict as_of(const evidence::Bundle& bundle, std::chrono::sys_seconds at) const;
    /// Of each, in the same order, on all processors: appraisal is pure.
    std::vector<appraisal::Verdict> operator()(const std::vector<Visited>& visits) const;

    /// As appraisal::signer_of(); what was just judged is not parsed again.
    std::optional<appraisal::Signer> signer_of(const evidence::Bundle& bundle) const;

    const Demands& demands() const { return demands_; }
    /// How to visit a device for this: the slot whose root is trusted, measurements if they are compared.
    VisitPlan plan() const;

private:
    appraisal::Standard standard_now() const;
    appraisal::Verdict judge(const evidence::Bundle& bundle, const appraisal::Standard& common) const;

    Demands demands_;
    std::unique_ptr<crypto::CertificateCache> cache_ = std::make_unique<crypto::CertificateCache>();
};

/// References, and what the people who named their files should know of them.
struct References {
    std::vector<appraisal::Reference> references;
    std::vector<std::string> remarks;  ///< a line each: unsigned, expired, left out
};

/// The references in a file, or in a directory's .json, .cbor, .corim, .comid and .swidtag files. Who signed
/// one has to lead to an anchor, if there are any. Problems: those of manifest::references_from().
Checked<References> read_references(const std::filesystem::path& path, const trust::Anchors& anchors);

}  // namespace busguard::examine
