#include "fuzz/target.h"
#include "journal/note_checkpoints.h"
#include "tests/tlog/golden_notes.h"

// The keys beside a log, and its checkpoint under them.
void busguard::fuzz::try_input(ByteView input) {
    using namespace journal;
    const auto text = as_text(input);
    if (const auto keys = vkeys_from_text(text, "log.vkey")) {
        expect(!keys->empty(), "none is a problem");
        const auto again = vkeys_from_text(to_text(*keys), "again");
        expect(again && *again == *keys, "there and back");
    }
    static const std::vector known{*tlog::VerifierKey::from_text(tlog::golden::log_vkey)};
    const auto checkpoint = checkpoint_of(text, known);
    if (!checkpoint) return;
    expect(checkpoint->origin == known.front().name(), "of the log whose key it is");
    expect(tlog::to_text(*checkpoint) == tlog::golden::checkpoint_text, "what was signed");
}
