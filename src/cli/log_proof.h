#pragma once

#include "cli/log.h"
#include "logbook/logged.h"

namespace busguard::cli {

/// `busguard verify --proof`: that the evidence is in the log.
struct LogProofOptions {
    std::string proof;
    std::vector<std::string> keys;
    std::string policy, log, entry, checkpoint;
};
void add_log_proof_options(Command command, LogProofOptions& options);

/// A proof, the entry that it is of, and what says which history of the log it is about.
class LogProof {
public:
    /// Nothing without --proof.
    static Tried<std::unique_ptr<LogProof>> open(Session& session, const LogProofOptions& options);
    LogProof(const LogProof&) = delete;
    LogProof& operator=(const LogProof&) = delete;
    ~LogProof() = default;

    std::vector<Check> checks(const evidence::Bundle& bundle) const {
        return logbook::check_logged(bundle, proof_, as_text(entry_), trust_);
    }

private:
    LogProof() = default;
    Tried<void> know(const LogProofOptions& options);
    Tried<void> know_log(const std::string& folder);
    Tried<void> know_checkpoint(const std::string& file);
    Tried<void> find_entry(Session& session, const LogProofOptions& options);

    tlog::Proof proof_;
    Bytes entry_;
    logbook::LogTrust trust_;
    std::unique_ptr<host::DirectoryFiles> files_;
    std::optional<journal::PublishedLog> log_;
};

}  // namespace busguard::cli
