#include "fuzz/target.h"
#include "tests/tlog/golden_notes.h"
#include "tlog/note_signer.h"

#include <array>

// Notes and keys as strangers send them. The log's key has signed two texts, and none that was changed.
void busguard::fuzz::try_input(ByteView input) {
    using namespace tlog;
    const auto text = as_text(input);
    if (const auto key = VerifierKey::from_text(text))
        expect(key->to_text() == text, "a vkey there and back");
    if (const auto signer = NoteSigner::from_skey(text))
        expect(signer->to_skey() == text, "an skey there and back");

    const auto note = note_from_text(text);
    if (!note) return;
    expect(to_text(*note) == text, "a note there and back");
    static const std::array known{*VerifierKey::from_text(golden::log_vkey),
                                  *VerifierKey::from_text(golden::witness_vkey)};
    const auto matches = verify(*note, known);
    if (!matches) return;
    const bool checkpoint = note->text.starts_with(golden::checkpoint_text);
    const bool prose = note->text == golden::prose_text;
    for (const auto& [signature, key] : *matches)
        expect(checkpoint || (prose && key == 0), "what verifies was signed");
}
