#include "base/hex.h"
#include "base/problem.h"
#include "tests/tlog/note_support.h"
#include "tests/tlog/witness_memory.h"
#include "tlog/proof_text.h"
#include "tlog/witness.h"
#include "tlog/witness_client.h"

#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <span>
#include <sstream>

// Our side of tests/tlog/peers/run, which says what each order is for.
namespace {

using namespace busguard;
using namespace busguard::tlog;
using Words = std::vector<std::string>;

/// What went wrong, for the script.
struct Refused {
    std::string why;
};

template <class T>
T must(Result<T> result) {
    if (!result)
        throw Refused{std::string{name(result.error().code)}.append(" ").append(result.error().what)};
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string all_of(std::istream& in) { return {std::istreambuf_iterator<char>{in}, {}}; }

WitnessPolicy policy_of(const std::string& file) {
    std::ifstream in{file};
    auto policy = WitnessPolicy::from_text(all_of(in), file);
    if (!policy) throw Refused{policy.error().text()};
    return *policy;
}

std::vector<VerifierKey> keys_of(std::span<const std::string> vkeys) {
    std::vector<VerifierKey> keys;
    for (const auto& vkey : vkeys) keys.push_back(must(VerifierKey::from_text(vkey)));
    return keys;
}

crypto::PrivateKey key_from(const std::string& seed) {
    return must(crypto::PrivateKey::from_raw(crypto::Scheme::ed25519, must(from_hex(seed))));
}

std::size_t number(const std::string& digits) { return std::stoul(digits); }

/// keys NAME SEED: the log's skey and vkey, the cosigner's vkey.
void keys(const Words& words) {
    const auto signer = must(NoteSigner::make(words.at(0), key_from(words.at(1))));
    const auto cosigner = must(Cosigner::make(words.at(0), key_from(words.at(1))));
    std::cout << signer.to_skey() << '\n'
              << signer.verifier().to_text() << '\n'
              << cosigner.verifier().to_text() << '\n';
}

/// sign SKEY <TEXT: the note.
void sign_text(const Words& words) {
    const auto text = all_of(std::cin);
    std::cout << to_text(Note{text, {must(must(NoteSigner::from_skey(words.at(0))).sign(text))}});
}

/// open VKEY... <NOTE: name and ID of each that signed.
void open(const Words& words) {
    const auto note = must(note_from_text(all_of(std::cin)));
    for (const auto& match : must(verify(note, keys_of(words)))) {
        const auto vkey = VerifierKey::from_text(words[match.key])->to_text();
        std::cout << note.signatures[match.signature].name << ' ' << vkey.substr(vkey.find('+') + 1, 8)
                  << '\n';
    }
}

/// policy FILE <NOTE: does the checkpoint satisfy it?
void policy(const Words& words) {
    const auto read = policy_of(words.at(0));
    (void)must(trust_checkpoint(all_of(std::cin), read.log_keys(), read));
}

/// prove SKEY SIZE INDEX: the proof that "entry INDEX" is in the log of "entry 0" to "entry SIZE-1".
void prove(const Words& words) {
    const auto signer = must(NoteSigner::from_skey(words.at(0)));
    const auto size = number(words.at(1));
    const auto index = number(words.at(2));
    const test::SmallTree tree{size};
    std::cout << to_text(Proof{index, tree.inclusion(index, size),
                               to_text(test::signed_head(tree, size, signer)), to_bytes(as_bytes("extra"))});
}

/// proof FILE INDEX <PROOF: is "entry INDEX" where it says, by the policy?
void proof(const Words& words) {
    const auto read = policy_of(words.at(0));
    const auto leaf = leaf_hash(as_bytes("entry " + words.at(1)));
    (void)must(verify(must(proof_from_text(all_of(std::cin))), leaf, read.log_keys(), read));
}

/// request SKEY OLD SIZE [FORK]: the body of add-checkpoint; the tree has other entries from FORK on.
void request(const Words& words) {
    const auto size = number(words.at(2));
    test::SmallTree tree{size};
    if (words.size() > 3) tree.fork(number(words[3]));
    const auto old = number(words.at(1));
    const auto note = test::signed_head(tree, size, must(NoteSigner::from_skey(words.at(0))));
    std::cout << to_text(AddCheckpoint{
        old, old <= size ? tree.consistency(old, size) : std::vector<TreeHash>{}, to_text(note)});
}

/// "STATUS TYPE\nLENGTH\n" and that many bytes, from the script.
WitnessAnswer read_answer() {
    WitnessAnswer answer;
    std::string line;
    std::getline(std::cin, line);
    answer.status = static_cast<unsigned>(std::stoul(line));
    answer.content_type = line.substr(line.find(' ') + 1);
    std::getline(std::cin, line);
    answer.body.resize(number(line));
    std::cin.read(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
    return answer;
}

/// client SKEY SIZE OLD VKEY...: each body to post as "post LENGTH\n" and the bytes; at last "cosigned\n"
/// with the note, or "ahead SIZE\n".
void client(const Words& words) {
    const auto size = number(words.at(1));
    const test::SmallTree tree{size};
    const auto note = test::signed_head(tree, size, must(NoteSigner::from_skey(words.at(0))));
    auto one = must(WitnessClient::make(note, keys_of(std::span{words}.subspan(3)), number(words.at(2))));
    auto step = must(one.start());
    for (;;) {
        if (const auto* wanted = std::get_if<WitnessClient::Prove>(&step)) {
            step = must(one.proof(tree.consistency(wanted->from, wanted->to)));
        } else if (const auto* body = std::get_if<WitnessClient::Post>(&step)) {
            std::cout << "post " << body->body.size() << '\n' << body->body << std::flush;
            step = must(one.answer(read_answer()));
        } else {
            break;
        }
    }
    if (const auto* ahead = std::get_if<WitnessClient::Ahead>(&step)) {
        std::cout << "ahead " << ahead->size << '\n';
        return;
    }
    auto cosigned = note;
    for (const auto& line : std::get<WitnessClient::Cosigned>(step).lines)
        cosigned.signatures.push_back(line);
    std::cout << "cosigned\n" << to_text(cosigned);
}

/// witness NAME SEED TIME VKEY...: answers "LENGTH\n" and that many bytes of add-checkpoint by "STATUS
/// TYPE\nLENGTH\n" and the body, "get PATH\n" likewise, until the input ends.
void witness(const Words& words) {
    test::WitnessMemory state;
    const auto one = must(Witness::make(keys_of(std::span{words}.subspan(3)),
                                        must(Cosigner::make(words.at(0), key_from(words.at(1)))), state));
    std::string line;
    while (std::getline(std::cin, line)) {
        WitnessAnswer answer;
        if (line.starts_with("get ")) {
            answer = one.get(line.substr(4));
        } else {
            std::string body(number(line), '\0');
            std::cin.read(body.data(), static_cast<std::streamsize>(body.size()));
            answer = one.add_checkpoint(body, test::at(std::stoll(words.at(2))));
        }
        std::cout << answer.status << ' ' << answer.content_type << '\n'
                  << answer.body.size() << '\n'
                  << answer.body << std::flush;
    }
}

}  // namespace

int main(int count, char** words) {
    const std::map<std::string, std::function<void(const Words&)>> orders{
        {"keys", keys},   {"sign", sign_text},  {"open", open},     {"policy", policy},  {"prove", prove},
        {"proof", proof}, {"request", request}, {"client", client}, {"witness", witness}};
    const std::span all{words, static_cast<std::size_t>(count)};
    const auto order = orders.find(all.size() > 1 ? all[1] : "");
    if (order == orders.end()) return 2;
    try {
        order->second(Words{all.begin() + 2, all.end()});
        return 0;
    } catch (const Refused& refused) {
        std::cerr << refused.why << '\n';
        return 1;
    }
}
