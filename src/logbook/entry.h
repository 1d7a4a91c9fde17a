#pragma once

#include "base/problem.h"
#include "evidence/bundle.h"
#include "tlog/merkle.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What busguard writes into its transparency log: entries, and the blobs that they refer to
/// (docs/log-entries.md, docs/adr/0006-what-is-logged.md).
namespace busguard::logbook {

inline constexpr std::string_view entry_schema = "busguard.entry/1";

/// All that one visit to a device brought back, before anybody judged it, failed visits included.
struct Evidence {
    evidence::Bundle bundle;
};

/// What one examination came to, and what was decided.
struct Verdict {
    std::string device;                     ///< "pci/0000:01:00.0"
    std::optional<std::uint64_t> evidence;  ///< index of the entry that was judged; none: nobody spoke to it
    std::string cause;                      ///< why it was examined, "appeared"
    std::string state;                      ///< appraisal::State by its name
    std::string reason;                     ///< the primary reason's code; empty: there is none
    std::vector<std::string> failed;        ///< codes of all checks that failed, in their order
    std::string owner;                      ///< owner::Owner::text()
    std::string ruling;                     ///< "allow", "deny", "quarantine"; empty: none was made
    std::string rule;                       ///< the rule's name, or "implicit…"
    bool enforcing = false;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// Something else that bears on who is trusted: policy and anchors adopted, enforcement, owner, quarantine,
/// release, slots provisioned, the daemon's start and stop.
struct Change {
    std::string what;    ///< an event's stable name, "policy.loaded"
    std::string device;  ///< empty: of no one device
    std::string reason;  ///< a reason code, or empty
    std::string detail;  ///< for people; may be empty

    friend bool operator==(const Change&, const Change&) = default;
};

/// The log's next key, named under the one that still signs. The checkpoint that first covers this entry is
/// the last that the old key signs alone.
struct NewKey {
    std::string vkey;  ///< C2SP signed-note

    friend bool operator==(const NewKey&, const NewKey&) = default;
};

struct Entry {
    std::string origin;  ///< of the log: an entry of one log is none of another
    std::chrono::sys_seconds time;
    /// SHA-256 of the policy file's bytes, and of the sorted SHA-256 digests of the anchors' certificates, in
    /// force then; all zero (JSON: null) where there is none.
    tlog::TreeHash policy{};
    tlog::TreeHash anchors{};
    std::variant<Evidence, Verdict, Change, NewKey> what;
};

/// As it is appended.
struct Encoded {
    std::string text;  ///< at most tlog::largest_entry: one JSON object, members sorted, no white space
    std::vector<Bytes> blobs;           ///< what it refers to
    std::vector<tlog::TreeHash> names;  ///< SHA-256 of each
};

inline constexpr std::size_t largest_inline_transcript = std::size_t{16} << 10U;  ///< bytes

/// In evidence, certificate chains, and transcripts above 16 KiB, become {"blob": "SHA-256 in hex"}; where
/// the rest is above tlog::largest_entry still, the whole body does. Error: too_large "entry" for what does
/// not fit even so (evidence above evidence::largest_bundle, other entries above tlog::largest_entry).
Result<Encoded> encode(const Entry& entry);

/// A blob by its name, whose digest has been verified. Error: not_found where it is gone.
using BlobSource = std::function<Result<Bytes>(const tlog::TreeHash&)>;

/// The reverse, as strict as evidence::bundle_from_json; blobs put back make up at most
/// evidence::largest_bundle, however often the text refers to one. The Problem's `where` is as given, its
/// `field` a JSON pointer.
Checked<Entry> decode(std::string_view text, const BlobSource& blobs, const std::string& where);

}  // namespace busguard::logbook
