#pragma once

#include "tlog/tile_reader.h"
#include "tlog/witness_client.h"
#include "tlog/witness_policy.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Getting a published checkpoint cosigned by the witnesses of a policy.
namespace busguard::web {

/// Sends a body to a URL, and gives what came back (host/http_client.h; a test's has no network). Called from
/// several threads. Errors: its own.
using Post = std::function<Result<tlog::WitnessAnswer>(const std::string& url, const std::string& body)>;

/// What became of asking one witness.
struct Asked {
    std::size_t witness = 0;              ///< its place in the policy's witnesses()
    std::optional<Error> error;           ///< why there is no cosignature: of WitnessClient, of Post
    std::optional<std::uint64_t> ahead;   ///< it has cosigned a tree of this size, which is larger
    std::optional<std::string> cosigned;  ///< the note with nothing but the log's lines and its own

    /// It knows another history of this log, or a longer one.
    bool alarming() const {
        return ahead.has_value() || (error && error->code == Errc::mismatch && error->what == history);
    }
    static constexpr std::string_view history = "history of the log";
};

struct Cosigning {
    tlog::Note note;           ///< with all cosignatures that there are, those from before too
    std::vector<Asked> asked;  ///< a place for each of the policy's witnesses
};

/// Asks all witnesses at once, each in a thread of its own. `sizes`: what each is thought to have cosigned
/// last; 0 if nothing is known, which costs a question more. `tiles` are the log's; they are read from
/// several threads, and have what the tree of the checkpoint needs. What the note's cosignatures by the
/// policy's witnesses say is checked, and those that do not verify are left out.
///
/// Errors: those of tlog::note_from_text, tlog::verify and tlog::checkpoint_from_text; not_found "log
/// signature" unless a log of the policy signed it.
Result<Cosigning> cosign(std::string_view checkpoint, const tlog::WitnessPolicy& policy,
                         const std::vector<std::uint64_t>& sizes, tlog::TileSource& tiles, const Post& post);

/// The size of a note that this witness and a log of the policy signed, as Asked::cosigned had it; 0 for
/// anything else, since it is a hint and no more.
std::uint64_t remembered_size(std::string_view note, std::string_view origin,
                              const tlog::VerifierKey& witness);

}  // namespace busguard::web
