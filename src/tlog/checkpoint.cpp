#include "tlog/checkpoint.h"

#include "base/hex.h"
#include "tlog/text.h"

namespace busguard::tlog {

Result<Checkpoint> checkpoint_from_text(std::string_view text) {
    TRY(check_note_text(text));
    Lines lines{text};
    const auto origin = lines.next();
    const auto size = lines.next();
    const auto root = lines.next();
    if (!root) return fail(Errc::truncated, "checkpoint");
    if (origin->empty()) return fail(Errc::bad_field, "origin");
    Checkpoint read{.origin = std::string{*origin}};
    read.head.size = TRY(number_from_text(*size, "tree size"));
    read.head.root = TRY(hash_from_text(*root, "root hash"));
    while (const auto extension = lines.next()) {
        if (extension->empty()) return fail(Errc::bad_field, "extension line");
        read.extensions.emplace_back(*extension);
    }
    return read;
}

std::string to_text(const Checkpoint& checkpoint) {
    std::string text = checkpoint.origin;
    text.append("\n").append(std::to_string(checkpoint.head.size)).append("\n");
    return text.append(to_base64(checkpoint.head.root)).append("\n");
}

Result<Note> sign(const Checkpoint& checkpoint, const NoteSigner& signer) {
    if (checkpoint.origin != signer.verifier().name()) return fail(Errc::mismatch, "origin");
    if (checkpoint.head.size > largest_number) return fail(Errc::bad_field, "tree size");
    Note note{.text = to_text(checkpoint)};
    note.signatures.push_back(TRY(signer.sign(note.text)));
    return note;
}

}  // namespace busguard::tlog
