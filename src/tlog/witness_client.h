#pragma once

#include "base/result.h"
#include "tlog/add_checkpoint.h"
#include "tlog/merkle.h"
#include "tlog/note.h"
#include "tlog/note_key.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace busguard::tlog {

/// Gets one checkpoint cosigned by one witness (C2SP tlog-witness, add-checkpoint), the log's side of it. It
/// says what is to be done; the caller does it and comes back with what came of it:
///
///     start() -> Prove -> proof(hashes) -> Post -> answer(…) -> Cosigned, Ahead, or once more Prove
///
/// A witness that remembers another size than was thought (409) is believed once. After an error, Cosigned or
/// Ahead it is over; a call that is not due is the error unexpected "add-checkpoint".
class WitnessClient {
public:
    /// Wanted: the consistency proof between these sizes of the log, for proof().
    struct Prove {
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        friend bool operator==(const Prove&, const Prove&) = default;
    };
    /// To be sent to …/add-checkpoint; what comes back is for answer().
    struct Post {
        std::string body;
        friend bool operator==(const Post&, const Post&) = default;
    };
    /// Lines to add to the checkpoint's note. Each has verified, and its time is not zero.
    struct Cosigned {
        std::vector<SignatureLine> lines;
        friend bool operator==(const Cosigned&, const Cosigned&) = default;
    };
    /// The witness knows a larger tree: this checkpoint is old, or this log has lost entries.
    struct Ahead {
        std::uint64_t size = 0;
        friend bool operator==(const Ahead&, const Ahead&) = default;
    };
    using Step = std::variant<Prove, Post, Cosigned, Ahead>;

    /// `old_size` is what the witness is thought to have cosigned last, 0 if nothing is known; `keys` are the
    /// witness'. Errors: as checkpoint_from_text of the note's text; bad_field "old size" beyond the
    /// checkpoint's; mismatch "witness key" for one that is not for cosignatures.
    static Result<WitnessClient> make(Note checkpoint, std::vector<VerifierKey> keys, std::uint64_t old_size);

    Result<Step> start();
    /// `hashes` as RFC 6962 section 2.1.2 has them.
    Result<Step> proof(std::vector<TreeHash> hashes);
    /// Errors, `detail` being the status: bad_field "add-checkpoint" (400); crypto "log signature" (403, to
    /// the witness' mind); not_found "log at the witness" (404); mismatch "history of the log" (422: the
    /// witness has cosigned another one); not_ready "old size" (409 again); transport "witness answer" for
    /// everything else. Without `detail`: what signatures_from_text, verify and cosignature_time say of the
    /// lines.
    Result<Step> answer(const WitnessAnswer& answer);

private:
    enum class Due : std::uint8_t { start, proof, answer, nothing };

    WitnessClient(Note checkpoint, std::vector<VerifierKey> keys, std::uint64_t old_size, std::uint64_t size);
    Step ask();
    Step post(std::vector<TreeHash> hashes);
    Result<Step> conflict(const WitnessAnswer& answer);
    Result<Step> cosigned(const std::string& body) const;
    bool take_turn(Due due);

    Note checkpoint_;
    std::vector<VerifierKey> keys_;
    std::uint64_t old_size_;
    std::uint64_t size_;
    Due due_ = Due::start;
    bool corrected_ = false;  ///< has the witness said which size it has?
};

}  // namespace busguard::tlog
