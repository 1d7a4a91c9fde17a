#include "tlog/proof_text.h"

#include "fuzz/target.h"
#include "tests/tlog/golden_notes.h"

// Checkpoints, and proofs for a verifier who knows one log and one witness. The log has signed one
// checkpoint, in which "entry 3" is number 3.
void busguard::fuzz::try_input(ByteView input) {
    using namespace tlog;
    const auto text = as_text(input);
    if (const auto checkpoint = checkpoint_from_text(text)) {
        const auto again = checkpoint_from_text(to_text(*checkpoint));
        expect(again && again->origin == checkpoint->origin && again->head == checkpoint->head,
               "there and back");
        expect(text.starts_with(to_text(*checkpoint)), "there is one way to write it");
    }

    const auto proof = proof_from_text(text);
    if (!proof) return;
    expect(to_text(*proof) == text, "a proof there and back");
    static const std::vector logs{*VerifierKey::from_text(golden::log_vkey)};
    static const auto policy = *WitnessPolicy::from_text(
        std::string{"witness w "}.append(golden::witness_vkey).append("\nquorum w\n"), "trust");
    const auto entry = verify(*proof, leaf_hash(as_bytes("entry 3")), logs, policy);
    if (!entry) return;
    expect(entry->index() == 3, "it is where it is");
    expect(to_text(entry->checkpoint().checkpoint()) == golden::checkpoint_text,
           "in the checkpoint that was signed");
    expect(entry->checkpoint().witnesses().size() == 1, "witnessed");
}
