#pragma once

#include "appraisal/appraise.h"
#include "crypto/batch_verify.h"
#include "crypto/certificate_cache.h"
#include "tlog/merkle.h"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

/// Every signature of a log verified again, at the rate of the verification itself.
namespace busguard::logbook {

/// Evidence that is to be verified again.
struct Doubted {
    const evidence::Bundle* bundle = nullptr;  ///< outlives the call
    /// When its chains have to be valid: an entry's time, or today. Nothing: dates are not looked at.
    std::optional<std::chrono::sys_seconds> at;
};

struct Reverified {
    std::size_t signatures = 0;  ///< how many of the bundle's verify, under the keys of chains as they are
    std::vector<Check> faults;   ///< what does not hold, in appraisal's words; nothing: all of it does
};

/// Holds what devices signed to the signatures, as appraise() does: of each record the transcript
/// (evidence/transcript_review.h), the chain ("chain.form" to "chain.key", "chain.time") and the signature.
/// What the certificates say of the device, measurements and references, and why a signature fails, are
/// questions for appraise(). Keys are decoded and paths verified once for each chain, by its SHA-256, and
/// signatures eight at a time where there is an engine (crypto/batch_verify.h).
class Reverifier {
public:
    /// `engine` null: OpenSSL alone; else it outlives this.
    Reverifier(trust::Anchors anchors, const crypto::EcdsaEight* engine,
               unsigned workers = std::max(1U, std::thread::hardware_concurrency()));
    ~Reverifier();
    Reverifier(const Reverifier&) = delete;
    Reverifier& operator=(const Reverifier&) = delete;

    /// Of each, in order. On all processors; a thousand at a time keep them busy.
    std::vector<Reverified> verify(std::span<const Doubted> all);

    struct Counts {
        std::uint64_t signatures = 0;  ///< that were verified, successfully or not
        std::uint64_t by_engine = 0;   ///< of those
        std::uint64_t chains = 0;      ///< that were judged
    };
    const Counts& counts() const { return counts_; }

private:
    struct Chain;
    struct Statement;

    std::unique_ptr<Chain> chain_of(const evidence::Record& record);
    void judge_chains(std::span<Statement> statements);
    void examine(Statement& statement) const;
    void verify_signatures(std::span<Statement> statements);
    std::optional<Check> date_fault(const Statement& statement) const;
    std::optional<Check> vendor_fault(const Statement& statement) const;

    appraisal::Standard standard_;
    const crypto::EcdsaEight* engine_;
    unsigned workers_;
    crypto::CertificateCache certificates_;
    std::map<tlog::TreeHash, std::unique_ptr<Chain>> chains_;  // by what decides on them
    Counts counts_;
};

}  // namespace busguard::logbook
