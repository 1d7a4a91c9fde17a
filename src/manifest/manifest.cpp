#include "manifest/manifest.h"

#include "manifest/concise_evidence.h"
#include "manifest/corim.h"
#include "manifest/signer.h"
#include "manifest/swid.h"

#include <algorithm>

namespace busguard::manifest {
namespace {

/// The first character of a text that is not white space, behind a byte order mark; 0 without.
char first_of(std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const auto at = text.find_first_not_of(" \t\r\n");
    return at == std::string_view::npos ? '\0' : text[at];
}

Checked<Manifest> from_json(ByteView file, const std::string& where) {
    Manifest manifest;
    manifest.references.push_back(TRY(appraisal::reference_from_json(as_text(file), where)));
    return manifest;
}

Checked<Manifest> from_cbor(ByteView file, const std::string& where, const Signers& signers) {
    const auto item = cbor::parse(file);
    constexpr auto* remedy =
        "reference values are JSON of busguard measure --record, CoRIM, CoMID, concise evidence or a SWID "
        "RIM";
    if (!item)
        return refuse(where, {},
                      "is no manifest that is known: " + in_words(item.error()) + ", at byte " +
                          std::to_string(item.error().offset),
                      remedy);
    if (is_concise_evidence(*item)) return evidence_references(*item, where);
    if (is_corim(*item)) return corim_references(*item, signers, where);
    return refuse(where, {}, "is CBOR, but no manifest that is known", remedy);
}

/// References without values would hide others for the same device, and a manifest without references would
/// let devices pass that were to be compared.
Checked<Manifest> not_empty(Manifest manifest, const std::string& where) {
    std::erase_if(manifest.references, [](const auto& one) { return one.values.empty(); });
    if (!manifest.references.empty()) return manifest;
    return refuse(where, {}, "no reference values come of it: " + manifest.remarks.front());
}

}  // namespace

Checked<Manifest> references_from(ByteView file, const std::string& where, const Signers& signers) {
    if (file.size() > largest_manifest)
        return refuse(where, {}, "has more than " + std::to_string(largest_manifest) + " bytes");
    const auto first = first_of(as_text(file));
    // No CBOR of ours begins with these: '<' is a negative number, '{' a text.
    if (first == '{') return from_json(file, where);
    auto manifest =
        TRY(first == '<' ? swid_references(file, where, signers) : from_cbor(file, where, signers));
    return not_empty(std::move(manifest), where);
}

}  // namespace busguard::manifest
