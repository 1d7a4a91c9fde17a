#pragma once

#include "base/seams.h"
#include "daemon/memory.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace busguard::daemon {

/// This machine's transparency log: what the guard keeps and writes down, as entries of a journal.
class Log {
public:
    /// `database` is the journal's, "" in memory; `clock` outlives it. `vkeys`: the keys that the log had,
    /// its checkpoint may be signed by one of them still; none: the signer's alone. `second` signs another
    /// line of each checkpoint. Problems: journal::Journal::open's.
    static Checked<std::unique_ptr<Log>> open(const std::string& database,
                                              std::unique_ptr<host::DurableFiles> files,
                                              const tlog::NoteSigner& signer, const Clock& clock,
                                              std::vector<tlog::VerifierKey> vkeys = {},
                                              std::optional<tlog::Cosigner> second = {});
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;
    ~Log() = default;

    // As Memory has them.
    Result<std::vector<EvidenceIndex>> keep(std::span<const evidence::Bundle* const> bundles);
    Result<evidence::Bundle> evidence(std::uint64_t index);
    Result<void> write_down(std::span<const Note> notes);
    void in_force(const InForce& rules) { rules_ = rules; }

    /// Has what was appended signed, and shown to everybody. Errors: journal::Journal's.
    Result<void> publish();
    /// Removes what need not be kept: what stood for the beginnings of bundles that are full, and, with
    /// `retain`, entries that are older, by whole bundles; the tree stays. Errors: journal::Journal's.
    Result<void> tidy(std::optional<std::chrono::seconds> retain);

    std::uint64_t size() const { return size_; }  ///< entries, published or not
    /// Entries of the checkpoint that stands in the folder; none was put there by this process: nothing.
    const std::optional<std::uint64_t>& published() const { return published_; }

    std::function<void()> on_growth;  ///< called after something was appended; may be empty

private:
    Log(std::unique_ptr<host::DurableFiles> files, const tlog::NoteSigner& signer, const Clock& clock,
        std::vector<tlog::VerifierKey> vkeys, std::optional<tlog::Cosigner> second);

    logbook::Entry entry(decltype(logbook::Entry::what) what) const;
    Result<std::uint64_t> append(std::span<const logbook::Encoded> entries);

    const Clock* clock_;
    std::string origin_;
    std::unique_ptr<host::DurableFiles> files_;
    journal::NoteCheckpointSigner signer_;
    journal::NoteReader reader_;
    std::unique_ptr<journal::Journal> journal_;
    InForce rules_;
    std::uint64_t size_ = 0;
    std::optional<std::uint64_t> published_;
};

}  // namespace busguard::daemon
