#include "web/cosigning.h"

#include "base/parallel.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/proving.h"

#include <algorithm>

namespace busguard::web {
namespace {

using tlog::Note;
using tlog::SignatureLine;
using tlog::VerifierKey;
using tlog::WitnessClient;

bool is_by(const SignatureLine& line, const VerifierKey& key) {
    return line.id == key.id() && line.name == key.name();
}

/// Those of the log, of strangers, and those of the witnesses that verify.
Note without_bad_cosignatures(const Note& note, const tlog::WitnessPolicy& policy) {
    const auto bad = [&](const SignatureLine& line) {
        return std::ranges::any_of(policy.witnesses(), [&](const auto& witness) {
            return is_by(line, witness.key) &&
                   !tlog::verify_cosignature(witness.key, note.text, line.signature);
        });
    };
    Note good = note;
    std::erase_if(good.signatures, bad);
    return good;
}

/// The signed text for a witness, without what others said of it.
Result<Note> signed_by_log(const Note& note, std::string_view origin, const tlog::WitnessPolicy& policy) {
    std::vector<VerifierKey> keys;
    for (auto& key : policy.log_keys())
        if (key.name() == origin) keys.push_back(std::move(key));
    if (keys.empty()) return fail(Errc::not_found, "log signature");
    Note out{.text = note.text, .signatures = {}};
    for (const auto& match : TRY(tlog::verify(note, keys)))
        out.signatures.push_back(note.signatures[match.signature]);
    return out;
}

std::string add_checkpoint_url(std::string_view prefix) {
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    return std::string{prefix}.append("/add-checkpoint");
}

/// The whole conversation with one witness, to the step that ends it.
Result<WitnessClient::Step> converse(WitnessClient& client, const std::string& url, tlog::HashReader& hashes,
                                     const Post& post) {
    auto step = TRY(client.start());
    while (true) {
        if (const auto* wanted = std::get_if<WitnessClient::Prove>(&step)) {
            auto proof = TRY(tlog::prove_consistency(wanted->from, wanted->to, hashes));
            step = TRY(client.proof(std::move(proof)));
        } else if (const auto* message = std::get_if<WitnessClient::Post>(&step)) {
            const auto answer = TRY(post(url, message->body));
            step = TRY(client.answer(answer));
        } else {
            return step;
        }
    }
}

Asked ask(std::size_t place, const tlog::WitnessPolicy::Witness& witness, const Note& note,
          const tlog::TreeHead& head, std::uint64_t known, tlog::TileSource& tiles, const Post& post) {
    Asked asked{.witness = place};
    if (witness.url.empty()) {
        asked.error = Error{Errc::not_found, "URL of the witness"};
        return asked;
    }
    if (known > head.size) {  // nobody has to be asked: this log has lost entries, or is of another time
        asked.ahead = known;
        return asked;
    }
    tlog::TileReader hashes{tiles, head.size};
    const auto step = [&]() -> Result<WitnessClient::Step> {
        auto client = TRY(WitnessClient::make(note, {witness.key}, known));
        return converse(client, add_checkpoint_url(witness.url), hashes, post);
    }();
    if (!step) {
        asked.error = step.error();
    } else if (const auto* ahead = std::get_if<WitnessClient::Ahead>(&*step)) {
        asked.ahead = ahead->size;
    } else if (const auto* done = std::get_if<WitnessClient::Cosigned>(&*step)) {
        auto cosigned = note;
        for (const auto& line : done->lines) cosigned.signatures.push_back(line);
        asked.cosigned = tlog::to_text(cosigned);
    }
    return asked;
}

/// In the place of what the witness said before comes what it says now.
void add_lines(Note& note, const std::string& cosigned, const VerifierKey& witness) {
    const auto read = tlog::note_from_text(cosigned);
    if (!read) return;  // it is ours
    std::erase_if(note.signatures, [&](const auto& line) { return is_by(line, witness); });
    for (const auto& line : read->signatures)
        if (is_by(line, witness)) note.signatures.push_back(line);
}

}  // namespace

Result<Cosigning> cosign(std::string_view checkpoint, const tlog::WitnessPolicy& policy,
                         const std::vector<std::uint64_t>& sizes, tlog::TileSource& tiles, const Post& post) {
    const auto note = TRY(tlog::note_from_text(checkpoint));
    const auto told = TRY(tlog::checkpoint_from_text(note.text));
    const auto signed_note = TRY(signed_by_log(note, told.origin, policy));

    const auto& witnesses = policy.witnesses();
    Cosigning out{.note = without_bad_cosignatures(note, policy),
                  .asked = std::vector<Asked>(witnesses.size())};
    const auto one = [&](std::size_t n) {
        const auto known = n < sizes.size() ? sizes[n] : 0;
        out.asked[n] = ask(n, witnesses[n], signed_note, told.head, known, tiles, post);
    };
    in_parallel(witnesses.size(), one, static_cast<unsigned>(std::max<std::size_t>(witnesses.size(), 1)));
    for (const auto& asked : out.asked)
        if (asked.cosigned) add_lines(out.note, *asked.cosigned, witnesses[asked.witness].key);
    return out;
}

std::uint64_t remembered_size(std::string_view note, std::string_view origin, const VerifierKey& witness) {
    const auto read = tlog::note_from_text(note);
    if (!read || !tlog::verify(*read, {&witness, 1})) return 0;
    const auto told = tlog::checkpoint_from_text(read->text);
    return told && told->origin == origin ? told->head.size : 0;
}

}  // namespace busguard::web
