#include "logbook/logged.h"

#include "tests/evidence/support.h"
#include "tlog/cosignature.h"
#include "tlog/frontier.h"

#include <gmock/gmock.h>

namespace busguard::logbook {
namespace {

using testing::ElementsAre;
constexpr std::string_view logged_origin = "log.example/host-1";
constexpr std::chrono::sys_seconds noon{std::chrono::seconds{1'800'000'000}};

const evidence::Bundle& bundle_of(std::size_t which) {
    static const evidence::test::Hierarchy hierarchy;
    static const std::array bundles{evidence::test::visit(evidence::test::device(hierarchy)),
                                    evidence::test::visit(evidence::test::device(hierarchy))};
    return bundles[which];
}

std::string text_of(decltype(Entry::what) what) {
    return encode({.origin = std::string{logged_origin}, .time = noon, .what = std::move(what)})->text;
}

/// Two entries, the evidence last, and the tree over them: the whole of it is two hashes.
struct Log {
    explicit Log(std::string_view before, std::size_t which = 0)
        : entry{text_of(Evidence{bundle_of(which)})} {
        first = tlog::leaf_hash(as_bytes(before));
        head = {2, tlog::node_hash(first, tlog::leaf_hash(as_bytes(entry)))};
    }
    std::string entry;
    tlog::TreeHash first{};
    tlog::TreeHead head;
};

class LoggedTest : public testing::Test {
protected:
    tlog::Proof proof(const Log& its, bool cosigned = false) const {
        auto note = *tlog::sign({.origin = std::string{logged_origin}, .head = its.head}, key);
        if (cosigned) note.signatures.push_back(*witness.cosign(note.text, noon));
        return {.index = 1, .hashes = {its.first}, .checkpoint = tlog::to_text(note), .extra = {}};
    }
    LogTrust witnessed() const {
        return {.keys = {key.verifier()},
                .policy = *tlog::WitnessPolicy::from_text(
                    "witness w " + witness.verifier().to_text() + "\nquorum w\n", "policy"),
                .known = {}};
    }
    /// Who has a log, and knows that it is at this head.
    LogTrust knowing(const tlog::TreeHead& own) const {
        return {.keys = {key.verifier()},
                .policy = {},
                .known = {{"the log", [own](const tlog::TreeHead& tree) -> Result<void> {
                               if (tree.size > own.size) return fail(Errc::bad_field, "size");
                               if (tree != own) return fail(Errc::mismatch, "root");
                               return {};
                           }}}};
    }
    static std::vector<std::string> reasons(const std::vector<Check>& checks) {
        std::vector<std::string> all;
        EXPECT_THAT(checks, testing::SizeIs(4));
        for (const auto& check : checks) {
            EXPECT_EQ(check.reason.empty(), check.outcome == Outcome::pass);
            if (check.outcome == Outcome::fail) all.emplace_back(check.reason);
        }
        return all;
    }

    tlog::NoteSigner key = *tlog::NoteSigner::make(std::string{logged_origin},
                                                   *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    tlog::Cosigner witness =
        *tlog::Cosigner::make("witness.example/w", *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    Log log{"one history"};
    Log fork{"another history"};
};

TEST_F(LoggedTest, NeedsWitnessesOrAKnownHistory) {
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log, true), log.entry, witnessed())), ElementsAre());
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), log.entry, knowing(log.head))), ElementsAre());
    const LogTrust nobody{.keys = {key.verifier()}, .policy = {}, .known = {}};
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), log.entry, nobody)),
                ElementsAre("log.history-unknown"));
    auto none = nobody;
    none.policy = *tlog::WitnessPolicy::from_text("quorum none\n", "policy");
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log, true), log.entry, none)),
                ElementsAre("log.history-unknown"));
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), log.entry, knowing({1, {}}))),
                ElementsAre("log.history-unknown"));  // a log that is not so far yet
}

// Everything in the proof of a forked log verifies: signature, inclusion, evidence.
TEST_F(LoggedTest, RefusesAValidProofOfAForkedLog) {
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(fork), fork.entry, knowing(log.head))),
                ElementsAre("log.forked"));
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(fork), fork.entry, witnessed())),
                ElementsAre("log.no-quorum"));
    // Witnesses that were won over do not help against a log that is at hand.
    auto both = witnessed();
    both.known = knowing(log.head).known;
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(fork, true), fork.entry, both)),
                ElementsAre("log.forked"));
    // And one history that agrees does not outvote one that does not.
    both.known.insert(both.known.begin(), knowing(fork.head).known.front());
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(fork, true), fork.entry, both)),
                ElementsAre("log.forked"));
}

TEST_F(LoggedTest, RefusesAnotherLogsSignature) {
    const auto other = *tlog::NoteSigner::make(std::string{logged_origin},
                                               *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    LogTrust trust = knowing(log.head);
    trust.keys = {other.verifier()};
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), log.entry, trust)),
                ElementsAre("log.checkpoint-untrusted"));
    auto changed = proof(log);
    changed.checkpoint.at(logged_origin.size() + 1) = '3';  // the size
    EXPECT_THAT(reasons(check_logged(bundle_of(0), changed, log.entry, knowing(log.head))),
                ElementsAre("log.checkpoint-untrusted"));
}

TEST_F(LoggedTest, RefusesAnotherEntryOrEvidence) {
    EXPECT_THAT(reasons(check_logged(bundle_of(1), proof(log), log.entry, knowing(log.head))),
                ElementsAre("log.other-evidence"));
    EXPECT_THAT(
        reasons(check_logged(bundle_of(1), proof(log), text_of(Evidence{bundle_of(1)}), knowing(log.head))),
        ElementsAre("log.not-included"));
    auto moved = proof(log);
    moved.index = 0;
    EXPECT_THAT(reasons(check_logged(bundle_of(0), moved, log.entry, knowing(log.head))),
                ElementsAre("log.not-included"));
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), "{}", knowing(log.head))),
                ElementsAre("log.not-included", "log.entry-unreadable"));
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), text_of(Change{}), knowing(log.head))),
                ElementsAre("log.not-included", "log.other-evidence"));
}

// What the entry does not hold itself but names by its digest counts as well.
TEST_F(LoggedTest, SeesAChangeInWhatIsABlob) {
    for (auto changed : {0, 1, 2}) {
        auto bundle = bundle_of(0);
        if (changed == 0) bundle.records.front().chain.back() ^= std::byte{1};
        if (changed == 1) bundle.records.front().transcript.back() ^= std::byte{1};
        if (changed == 2) bundle.circumstances.device = "pci/0000:09:00.0";
        EXPECT_THAT(reasons(check_logged(bundle, proof(log), log.entry, knowing(log.head))),
                    ElementsAre("log.other-evidence"))
            << changed;
    }
}

TEST_F(LoggedTest, TellsADamagedLogFromAForkedOne) {
    auto trust = knowing(log.head);
    trust.known.front().agrees = [](const tlog::TreeHead&) -> Result<void> {
        return fail(Errc::crypto, "inclusion proof");
    };
    EXPECT_THAT(reasons(check_logged(bundle_of(0), proof(log), log.entry, trust)),
                ElementsAre("log.damaged"));
}

}  // namespace
}  // namespace busguard::logbook
