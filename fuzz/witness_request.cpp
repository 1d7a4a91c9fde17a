#include "fuzz/target.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tests/tlog/witness_memory.h"
#include "tlog/witness_client.h"

#include <array>

// What anybody posts to a witness, and what a witness answers to a log. The witness has seen three entries of
// a log that has signed one checkpoint, of seven.
namespace {

using namespace busguard;
using namespace busguard::tlog;

const std::string origin{golden::log_name};

void post(std::string_view body) {
    static const test::SmallTree tree{7};
    test::WitnessMemory state;
    state.records[origin] = {tree.head(3), "note"};
    const auto witness = *Witness::make({test::vkey(golden::log_vkey)}, test::golden_cosigner(), state);
    const auto answer = witness.add_checkpoint(body, test::at(1));
    const auto& kept = state.records[origin];
    if (answer.status != 200) {
        fuzz::expect(kept.head == tree.head(3), "a refusal changes nothing");
        fuzz::expect(answer.status == 400 || answer.status == 403 || answer.status == 404 ||
                         answer.status == 409 || answer.status == 422,
                     "a status of the protocol");
        return;
    }
    fuzz::expect(kept.head == tree.head(7), "only the signed tree is cosigned");
    const auto note = note_from_text(kept.checkpoint);
    fuzz::expect(note && note->signatures.size() >= 2 && verify(*note, std::array{witness.verifier()}),
                 "with both signatures");
}

void answer(unsigned status, std::string_view body) {
    const auto note = *note_from_text(golden::checkpoint());
    auto client = *WitnessClient::make(note, {test::vkey(golden::witness_vkey)}, 7);
    fuzz::expect(static_cast<bool>(client.start()), "it starts");
    const auto step = client.answer({status, std::string{size_content_type}, std::string{body}});
    if (!step) return;
    if (const auto* wanted = std::get_if<WitnessClient::Prove>(&*step))
        fuzz::expect(wanted->from < 7 && wanted->to == 7, "a proof that the log can give");
    if (const auto* ahead = std::get_if<WitnessClient::Ahead>(&*step))
        fuzz::expect(ahead->size > 7 && ahead->size <= INT64_MAX, "ahead is ahead");
    if (const auto* done = std::get_if<WitnessClient::Cosigned>(&*step))
        fuzz::expect(to_text(std::span{done->lines}.first(1)) == golden::cosignature_line,
                     "the one cosignature that was made");
}

}  // namespace

void busguard::fuzz::try_input(ByteView input) {
    const auto text = as_text(input);
    if (const auto request = add_checkpoint_from_text(text))
        expect(to_text(*request) == text, "there and back");
    post(text);
    answer(200, text);
    answer(409, text);
}
