#include "journal/note_checkpoints.h"

#include <algorithm>

namespace busguard::journal {

Checked<std::vector<tlog::VerifierKey>> vkeys_from_text(std::string_view text, const std::string& where,
                                                        std::string* unusable) {
    constexpr Error of_another_time{Errc::unsupported, "signature type"};
    std::vector<tlog::VerifierKey> keys;
    const auto wrong = [&](std::size_t number, std::string message) {
        return fail(Problem{.where = where,
                            .line = number,
                            .field = "vkey",
                            .message = std::move(message),
                            .remedy = "a vkey is NAME+ID+KEY, one a line"});
    };
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        auto key = tlog::VerifierKey::from_text(line);
        if (!key && key.error() == of_another_time) {
            if (unusable != nullptr) unusable->append(line).append("\n");
            continue;
        }
        if (!key) return wrong(number, in_words(key.error()));
        if (!tlog::may_be_a_logs(key->type())) return wrong(number, "is a witness' key, not a log's");
        keys.push_back(*std::move(key));
    }
    if (keys.empty()) return wrong(0, "has no key in it that can be used here");
    return keys;
}

std::string to_text(std::span<const tlog::VerifierKey> vkeys) {
    std::string text;
    for (const auto& vkey : vkeys) text.append(vkey.to_text()).append("\n");
    return text;
}

Checked<LogsKeys> vkeys_beside(host::DurableFiles& files, const tlog::VerifierKey& own,
                               const tlog::VerifierKey* second) {
    const std::string path{vkeys_path};
    LogsKeys all;
    if (const auto bytes = files.read(path, largest_vkeys))
        all.usable = TRY(vkeys_from_text(as_text(*bytes), path, &all.text));
    else if (bytes.error().code != Errc::not_found)
        return fail(Problem{.where = path, .message = in_words(bytes.error())});
    for (const auto* signing : {second, &own}) {
        if (signing == nullptr) continue;
        std::erase(all.usable, *signing);
        all.usable.push_back(*signing);
    }
    all.text += to_text(all.usable);
    return all;
}

Result<tlog::Checkpoint> checkpoint_of(std::string_view note, std::span<const tlog::VerifierKey> keys) {
    const auto read = TRY(tlog::note_from_text(note));
    const auto matches = TRY(tlog::verify(read, keys));
    auto checkpoint = TRY(tlog::checkpoint_from_text(read.text));
    const auto of_this_log = [&](const auto& match) { return keys[match.key].name() == checkpoint.origin; };
    if (!std::ranges::any_of(matches, of_this_log)) return fail(Errc::mismatch, "origin");
    return checkpoint;
}

Result<tlog::TreeHead> NoteReader::read(ByteView note) {
    const auto checkpoint = TRY(checkpoint_of(as_text(note), keys_));
    return checkpoint.head;
}

Result<Bytes> NoteCheckpointSigner::sign(const tlog::TreeHead& head) {
    auto note = TRY(tlog::sign({.origin = signer_.verifier().name(), .head = head}, signer_));
    if (const auto now = second_ ? clock_->calendar() : std::chrono::sys_seconds{};
        now > std::chrono::sys_seconds{})
        note.signatures.push_back(TRY(second_->cosign(note.text, now)));
    return to_bytes(as_bytes(tlog::to_text(note)));
}

}  // namespace busguard::journal
