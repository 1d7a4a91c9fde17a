#include "tlog/witness.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "tlog/checkpoint.h"

#include <utility>

namespace busguard::tlog {
namespace {

constexpr std::string_view plain = "text/plain; charset=utf-8";

/// `what` is a literal, for people.
WitnessAnswer refusal(unsigned status, std::string_view what) {
    return {status, std::string{plain}, std::string{what}.append("\n")};
}

WitnessAnswer state_failed() { return refusal(500, "the witness cannot read or write its state"); }

WitnessAnswer conflict(std::uint64_t size) {
    return {409, std::string{size_content_type}, std::to_string(size).append("\n")};
}

TreeHead head_of(const std::optional<WitnessState::Record>& record) {
    return record ? record->head : TreeHead{0, empty_tree_hash()};
}

std::string path_of(std::string_view origin) {
    return to_hex(crypto::digest(crypto::Hash::sha_256, as_bytes(origin))).append("/checkpoint");
}

/// What is kept of a submitted note: the signatures of others could be anything.
Note with_signatures_of(const Note& note, const std::vector<Match>& matches) {
    Note kept{.text = note.text};
    for (const auto& match : matches) kept.signatures.push_back(note.signatures[match.signature]);
    return kept;
}

}  // namespace

Result<Witness> Witness::make(std::vector<VerifierKey> logs, Cosigner cosigner, WitnessState& state) {
    for (std::size_t a = 0; a < logs.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
            if (logs[a].id() == logs[b].id() && logs[a].name() == logs[b].name())
                return fail(Errc::mismatch, "log key");
    return Witness{std::move(logs), std::move(cosigner), state};
}

Witness::Witness(std::vector<VerifierKey> logs, Cosigner cosigner, WitnessState& state)
    : logs_{std::move(logs)}, cosigner_{std::move(cosigner)}, state_{&state} {
    for (const auto& key : logs_) origins_.emplace(path_of(key.name()), key.name());
}

std::vector<VerifierKey> Witness::keys_of(std::string_view origin) const {
    std::vector<VerifierKey> keys;
    for (const auto& key : logs_)
        if (key.name() == origin) keys.push_back(key);
    return keys;
}

WitnessAnswer Witness::add_checkpoint(std::string_view body, std::chrono::sys_seconds now) const {
    const auto request = add_checkpoint_from_text(body);
    if (!request) return refusal(400, "the request cannot be read");
    const auto note = note_from_text(request->checkpoint);
    if (!note) return refusal(400, "the note cannot be read");
    const auto checkpoint = checkpoint_from_text(note->text);
    if (!checkpoint) return refusal(400, "the checkpoint cannot be read");

    const auto keys = keys_of(checkpoint->origin);
    if (keys.empty()) return refusal(404, "this origin is not known here");
    const auto by_log = verify(*note, keys);
    if (!by_log) return refusal(403, "no valid signature by a key of this origin, or a bad one");
    if (request->old_size > checkpoint->head.size)
        return refusal(400, "the old size is beyond the checkpoint's");
    return advance(*request, with_signatures_of(*note, *by_log), checkpoint->head, checkpoint->origin, now);
}

WitnessAnswer Witness::advance(const AddCheckpoint& request, const Note& note, const TreeHead& head,
                               const std::string& origin, std::chrono::sys_seconds now) const {
    const auto before = state_->latest(origin);
    if (!before) return state_failed();
    const auto known = head_of(*before);
    if (request.old_size != known.size) return conflict(known.size);
    if (!verify_consistency(known, head, request.proof))
        return refusal(422, "not consistent with what was cosigned last");

    const auto cosignature = cosigner_.cosign(note.text, now);
    if (!cosignature) return refusal(500, "the witness cannot sign");
    auto cosigned = note;
    cosigned.signatures.push_back(*cosignature);
    const auto done = state_->advance(origin, known, {head, to_text(cosigned)});
    if (!done) return state_failed();
    if (*done) return {200, std::string{plain}, to_text(std::span{&*cosignature, 1})};

    const auto meanwhile = state_->latest(origin);  // another request was quicker
    return meanwhile ? conflict(head_of(*meanwhile).size) : state_failed();
}

WitnessAnswer Witness::get(std::string_view path) const {
    const auto origin = origins_.find(path);
    if (origin == origins_.end()) return refusal(404, "no log of this hash is known here");
    const auto record = state_->latest(origin->second);
    if (!record) return state_failed();
    if (!*record) return refusal(404, "nothing was cosigned for this log yet");
    return {200, std::string{plain}, (*record)->checkpoint};
}

}  // namespace busguard::tlog
