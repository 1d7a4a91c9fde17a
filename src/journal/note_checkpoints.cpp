#include "journal/note_checkpoints.h"

#include <algorithm>

namespace busguard::journal {

Checked<std::vector<tlog::VerifierKey>> vkeys_from_text(std::string_view text, const std::string& where) {
    std::vector<tlog::VerifierKey> keys;
    const auto wrong = [&](std::size_t number, std::string message) {
        return fail(Problem{.where = where,
                            .line = number,
                            .field = {},
                            .message = std::move(message),
                            .remedy = "a vkey is NAME+ID+KEY, one a line"});
    };
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        auto key = tlog::VerifierKey::from_text(line);
        if (!key) return wrong(number, in_words(key.error()));
        if (key->type() != tlog::SignatureType::ed25519)
            return wrong(number, "is a witness' key, not a log's");
        keys.push_back(*std::move(key));
    }
    if (keys.empty()) return wrong(0, "has no key in it");
    return keys;
}

Result<tlog::Checkpoint> checkpoint_of(std::string_view text, std::span<const tlog::VerifierKey> keys) {
    const auto note = TRY(tlog::note_from_text(text));
    const auto matches = TRY(tlog::verify(note, keys));
    auto checkpoint = TRY(tlog::checkpoint_from_text(note.text));
    const auto of_this_log = [&](const auto& match) { return keys[match.key].name() == checkpoint.origin; };
    if (!std::ranges::any_of(matches, of_this_log)) return fail(Errc::mismatch, "origin");
    return checkpoint;
}

Result<tlog::TreeHead> NoteReader::read(ByteView note) {
    const auto checkpoint = TRY(checkpoint_of(as_text(note), keys_));
    return checkpoint.head;
}

Result<Bytes> NoteCheckpointSigner::sign(const tlog::TreeHead& head) {
    const auto note = TRY(tlog::sign({.origin = signer_.verifier().name(), .head = head}, signer_));
    return to_bytes(as_bytes(tlog::to_text(note)));
}

}  // namespace busguard::journal
