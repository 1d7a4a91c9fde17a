#include "base/hex.h"
#include "base/problem.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"
#include "tlog/proof_text.h"

#include <iostream>
#include <map>
#include <span>

// Our side of tests/journal/peers/run, which says what each order is for: logs as busguard writes them.
namespace {

using namespace busguard;

constexpr std::uint64_t most_at_once = 4096;
constexpr std::chrono::sys_seconds noon{std::chrono::seconds{1'800'000'000}};

/// What went wrong, for the script.
struct Refused {
    std::string why;
};

template <class T, class E>
T must(Result<T, E> result) {
    if (!result) {
        if constexpr (std::is_same_v<E, Problem>)
            throw Refused{result.error().text()};
        else
            throw Refused{in_words(result.error())};
    }
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// The log in FOLDER, with its database beside it, under SKEY.
struct Log {
    Log(const std::string& folder, const std::string& skey)
        : noted{must(tlog::NoteSigner::from_skey(skey))},
          signer{noted},
          reader{noted.verifier()},
          files{must(host::DirectoryFiles::open(folder))},
          journal{must(journal::Journal::open(folder + ".db", *files, signer, reader))} {}

    tlog::NoteSigner noted;
    journal::NoteCheckpointSigner signer;
    journal::NoteReader reader;
    std::unique_ptr<host::DirectoryFiles> files;
    std::unique_ptr<journal::Journal> journal;
};

/// grow FOLDER SKEY SIZE WORD: appends "WORD N", N being its index, until there are SIZE; publishes.
void grow(const std::vector<std::string>& words) {
    Log log{words.at(0), words.at(1)};
    const auto size = std::stoull(words.at(2));
    for (auto next = log.journal->tree().size; next < size;) {
        std::vector<Bytes> bytes;
        std::vector<journal::Entry> entries;
        for (std::uint64_t n = 0; n < most_at_once && next < size; ++n, ++next)
            bytes.push_back(to_bytes(as_bytes(words.at(3) + " " + std::to_string(next))));
        for (const auto& one : bytes) entries.push_back({one, {}});
        must(log.journal->append(entries, noon));
    }
    must(log.journal->publish());
    must(log.journal->tidy());
}

/// prove FOLDER SKEY INDEX: tlog-proof v1 of the entry, under the published checkpoint.
void prove(const std::vector<std::string>& words) {
    Log log{words.at(0), words.at(1)};
    const auto index = std::stoull(words.at(2));
    const auto proof = must(log.journal->prove_inclusion(index, log.journal->tree().size));
    const auto note = must(log.files->read("checkpoint", journal::largest_checkpoint));
    std::cout << tlog::to_text(tlog::Proof{index, proof, std::string{as_text(note)}, {}});
}

/// consistency FOLDER SKEY OLDER: the hashes from there to the tree, in hexadecimal, a line each.
void consistency(const std::vector<std::string>& words) {
    Log log{words.at(0), words.at(1)};
    for (const auto& hash :
         must(log.journal->prove_consistency(std::stoull(words.at(2)), log.journal->tree().size)))
        std::cout << to_hex(hash) << '\n';
}

}  // namespace

int main(int count, char** words) {
    const std::map<std::string, void (*)(const std::vector<std::string>&)> orders{
        {"grow", grow}, {"prove", prove}, {"consistency", consistency}};
    const std::span all{words, static_cast<std::size_t>(count)};
    const auto order = orders.find(all.size() > 1 ? all[1] : "");
    if (order == orders.end()) return 2;
    try {
        order->second({all.begin() + 2, all.end()});
        return 0;
    } catch (const Refused& refused) {
        std::cerr << refused.why << '\n';
        return 1;
    }
}
