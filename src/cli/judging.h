#pragma once

#include "appraisal/appraise.h"
#include "cli/place.h"
#include "cli/visit.h"
#include "crypto/certificate_cache.h"

#include <map>
#include <memory>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace busguard::cli {

/// What devices are held to, as the command line says.
struct JudgingOptions {
    std::vector<std::string> anchors;
    std::vector<std::string> profiles;  ///< "vendor", "pci/0000:02:00.0=vendor"; none: cma
    std::string time = "now";
    std::string minimum_version;
    std::vector<std::string> references;
    std::string nonce;
};
void add_judging_options(CLI::App& app, JudgingOptions& options);

inline constexpr const char* default_anchors = "/etc/busguard/anchors";

/// The same for every device of one run.
class Judge {
public:
    /// Reads anchors and references. `machine_anchors` are taken if the command line names none.
    static Tried<Judge> prepare(Session& session, const JudgingOptions& options,
                                const std::vector<crypto::Certificate>& machine_anchors);

    appraisal::Verdict operator()(const evidence::Bundle& bundle) const;
    appraisal::Verdict operator()(const Visited& visited) const;
    /// Of each, in the same order, on all processors: appraisal is pure.
    std::vector<appraisal::Verdict> operator()(const std::vector<Visited>& visits) const;

    const trust::Anchors& anchors() const { return standard_.anchors; }
    const std::optional<spdm::Nonce>& nonce() const { return nonce_; }
    bool has_references() const { return !references_.empty(); }
    spdm::Version minimum_version() const { return standard_.minimum_version; }

private:
    appraisal::Standard standard_;
    std::map<std::string, trust::Profile> profiles_;  ///< of devices that are held to another one
    std::vector<appraisal::Reference> references_;
    std::optional<spdm::Nonce> nonce_;
    std::unique_ptr<crypto::CertificateCache> cache_ = std::make_unique<crypto::CertificateCache>();
};

/// What follows for the exit status.
Exit exit_of(appraisal::State state);

}  // namespace busguard::cli
