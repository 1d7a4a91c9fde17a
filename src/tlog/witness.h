#pragma once

#include "base/result.h"
#include "tlog/add_checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/merkle.h"
#include "tlog/note_key.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::tlog {

/// What a witness must not forget, by a log's origin. A seam: a database or a file has it; calls may come
/// from several threads.
class WitnessState {
public:
    struct Record {
        TreeHead head;
        std::string checkpoint;  ///< the note, with the log's signatures and the witness' own
        friend bool operator==(const Record&, const Record&) = default;
    };

    virtual ~WitnessState() = default;

    /// Nothing for a log that was never cosigned. Errors: as the store says.
    virtual Result<std::optional<Record>> latest(const std::string& origin) = 0;
    /// Puts `next` in the place of the record with the head `expected`, and is durable when it returns true.
    /// False, and nothing is changed, if another head is there. Where there is no record, the head is that of
    /// the empty tree. To look and to put is one step that no other call comes between: otherwise a slow
    /// request rolls the log back (C2SP tlog-witness, end of add-checkpoint). Errors: as the store says; then
    /// nothing is cosigned.
    virtual Result<bool> advance(const std::string& origin, const TreeHead& expected, const Record& next) = 0;
};

/// A witness (C2SP tlog-witness): cosigns a log's checkpoints as long as each tree holds the one before. Pure
/// but for its state; what HTTP needs around it is the caller's. Calls from several threads are fine if the
/// state's are.
class Witness {
public:
    /// `logs`: the keys that are trusted, each for the origin that is its name; a log may have several.
    /// `state` remains live. Errors: mismatch "log key" for two keys of one name and ID.
    static Result<Witness> make(std::vector<VerifierKey> logs, Cosigner cosigner, WitnessState& state);

    const VerifierKey& verifier() const { return cosigner_.verifier(); }

    /// POST …/add-checkpoint. 200 with a line of signature; 400 for what cannot be read or an old size beyond
    /// the checkpoint's; 404 for an origin that is not known; 403 without a valid signature of the log, or
    /// with a bad one under the name and ID of a trusted key; 409 with the size that was cosigned last; 422
    /// for another history; 500 when the state fails. `now` becomes the cosignature's time.
    WitnessAnswer add_checkpoint(std::string_view body, std::chrono::sys_seconds now) const;
    /// GET …/ORIGIN_HASH/checkpoint, for monitors. `path` is what follows the prefix: the hash is SHA-256 of
    /// the origin in lower-case hexadecimal. 200 with the note that was cosigned last; 404; 500.
    WitnessAnswer get(std::string_view path) const;

private:
    Witness(std::vector<VerifierKey> logs, Cosigner cosigner, WitnessState& state);
    std::vector<VerifierKey> keys_of(std::string_view origin) const;
    WitnessAnswer advance(const AddCheckpoint& request, const Note& note, const TreeHead& head,
                          const std::string& origin, std::chrono::sys_seconds now) const;

    std::vector<VerifierKey> logs_;
    std::map<std::string, std::string, std::less<>> origins_;  ///< by the path under which they are served
    Cosigner cosigner_;
    WitnessState* state_;
};

}  // namespace busguard::tlog
