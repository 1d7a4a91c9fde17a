#include "tlog/note.h"

#include "base/hex.h"
#include "tlog/big_endian.h"
#include "tlog/cosignature.h"
#include "tlog/text.h"

#include <utility>

namespace busguard::tlog {
namespace {

constexpr std::string_view line_start = "\u2014 ";  // EM DASH, space
constexpr std::size_t id_size = sizeof(std::uint32_t);

Result<SignatureLine> signature_from_line(std::string_view line) {
    const Failure<Error> bad = fail(Errc::bad_field, "signature line");
    if (!line.starts_with(line_start)) return bad;
    line.remove_prefix(line_start.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return bad;
    const auto name = line.substr(0, space);
    if (name.size() > longest_key_name || !is_key_name(name)) return fail(Errc::bad_field, "key name");
    const auto bytes = from_base64(line.substr(space + 1));
    if (!bytes || bytes->size() <= id_size) return bad;
    return SignatureLine{
        std::string{name}, load_big<std::uint32_t>(*bytes), {bytes->begin() + id_size, bytes->end()}};
}

Result<void> verify_one(const VerifierKey& key, std::string_view text, ByteView signature) {
    switch (key.type()) {
        case SignatureType::ed25519:
            return key.key().verify(crypto::Scheme::ed25519, crypto::Hash::sha_512, as_bytes(text),
                                    signature);
        case SignatureType::ed25519_cosignature:
        case SignatureType::ml_dsa_44_cosignature: return verify_cosignature(key, text, signature);
    }
    return fail(Errc::unsupported, "signature type");
}

}  // namespace

Result<void> check_note_text(std::string_view text) {
    if (text.size() > largest_note) return fail(Errc::too_large, "note");
    if (!text.ends_with('\n') || !is_note_text(text)) return fail(Errc::bad_field, "note text");
    return {};
}

Result<std::vector<SignatureLine>> signatures_from_text(std::string_view text) {
    if (text.size() > largest_note) return fail(Errc::too_large, "signatures");
    std::vector<SignatureLine> signatures;
    Lines lines{text};
    while (const auto line = lines.next()) {
        if (signatures.size() == most_signatures) return fail(Errc::too_large, "signatures");
        signatures.push_back(TRY(signature_from_line(*line)));
    }
    if (signatures.empty() || !lines.rest().empty()) return fail(Errc::truncated, "signature line");
    return signatures;
}

Result<Note> note_from_text(std::string_view text) {
    if (text.size() > largest_note) return fail(Errc::too_large, "note");
    const auto gap = text.rfind("\n\n");  // "separated from the signatures by the last empty line"
    if (gap == std::string_view::npos) return fail(Errc::truncated, "note");
    Note note{.text = std::string{text.substr(0, gap + 1)}};
    TRY(check_note_text(note.text));
    note.signatures = TRY(signatures_from_text(text.substr(gap + 2)));
    return note;
}

std::string to_text(std::span<const SignatureLine> signatures) {
    std::string text;
    for (const auto& [name, id, signature] : signatures) {
        Bytes bytes;
        append_big(bytes, id);
        append(bytes, signature);
        text.append(line_start).append(name).append(" ").append(to_base64(bytes)).append("\n");
    }
    return text;
}

std::string to_text(const Note& note) {
    std::string text = note.text;
    return text.append("\n").append(to_text(note.signatures));
}

Result<std::vector<Match>> verify(const Note& note, std::span<const VerifierKey> known) {
    std::vector<Match> matches;
    for (std::size_t n = 0; n < note.signatures.size(); ++n) {
        const auto& line = note.signatures[n];
        for (std::size_t k = 0; k < known.size(); ++k) {
            if (known[k].id() != line.id || known[k].name() != line.name) continue;
            TRY(verify_one(known[k], note.text, line.signature));
            matches.push_back({n, k});
        }
    }
    if (matches.empty()) return fail(Errc::not_found, "known signature");
    return matches;
}

}  // namespace busguard::tlog
