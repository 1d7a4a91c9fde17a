#include "web/cosigning.h"

#include "tests/tlog/note_support.h"
#include "tests/tlog/witness_memory.h"
#include "tlog/tile_edge.h"
#include "tlog/trusted_checkpoint.h"
#include "tlog/witness.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>

namespace busguard::web {
namespace {

using tlog::TreeHash;
namespace test = tlog::test;

constexpr auto origin = "example.com/log";

// The tiles of the tree of "entry 0", "entry 1" and so on.
class Tiles final : public tlog::TileSource {
public:
    Tiles(const test::SmallTree& tree, std::size_t size) {
        tlog::TileEdge edge;
        const auto put = [&](std::vector<tlog::Tile> tiles) {
            for (auto& tile : tiles) kept_[tlog::text(tile.path)] = std::move(tile.bytes);
        };
        for (std::size_t n = 0; n < size; ++n) put(edge.append(tree.leaf(n)));
        put(edge.partial(0));
    }
    Result<Bytes> read(const tlog::TilePath& path) override {
        const auto found = kept_.find(tlog::text(path));
        if (found == kept_.end()) return fail(Errc::not_found, "tile");
        return found->second;
    }

private:
    std::map<std::string, Bytes> kept_;
};

// Three witnesses, each at a URL of its own; two of them make a quorum.
class CosigningTest : public testing::Test {
protected:
    struct One {
        explicit One(unsigned number, const tlog::VerifierKey& log)
            : cosigner{test::cosigner("witness.example/w" + std::to_string(number), 40 + number)},
              witness{*tlog::Witness::make({log}, cosigner, state)} {}

        test::WitnessMemory state;
        tlog::Cosigner cosigner;
        tlog::Witness witness;
        bool gone = false;
        std::optional<tlog::WitnessAnswer> instead;
        int asked = 0;
    };

    CosigningTest() {
        for (unsigned n = 0; n < 3; ++n) ones.push_back(std::make_unique<One>(n, log.verifier()));
        std::string text = "log " + log.verifier().to_text() + "\n";
        for (unsigned n = 0; n < 3; ++n)
            text += "witness w" + std::to_string(n) + " " + ones[n]->cosigner.verifier().to_text() +
                    " http://w" + std::to_string(n) + (n == 2 ? "/p/" : "") + "\n";
        text += "group two 2 w0 w1 w2\nquorum two\n";
        policy = *tlog::WitnessPolicy::from_text(text, "policy");
    }

    Result<tlog::WitnessAnswer> post(const std::string& url, const std::string& body) {
        const std::lock_guard lock{mutex};
        for (std::size_t n = 0; n < ones.size(); ++n) {
            if (url != "http://w" + std::to_string(n) + (n == 2 ? "/p" : "") + "/add-checkpoint") continue;
            ++ones[n]->asked;
            if (ones[n]->gone) return fail(Errc::timeout, "HTTP connection");
            if (ones[n]->instead) return *ones[n]->instead;
            return ones[n]->witness.add_checkpoint(body, test::at(now));
        }
        ADD_FAILURE() << url;
        return fail(Errc::not_found, "witness");
    }

    Cosigning ask(std::size_t size, const std::vector<std::uint64_t>& sizes = {}) {
        Tiles tiles{tree, size};
        auto done = cosign(checkpoint(size), policy, sizes, tiles,
                           [&](const auto& url, const auto& body) { return post(url, body); });
        EXPECT_TRUE(done) << done.error().what;
        return *std::move(done);
    }
    std::string checkpoint(std::size_t size) const {
        return tlog::to_text(test::signed_head(tree, size, log));
    }
    bool trusted(const Cosigning& done) const {
        return static_cast<bool>(tlog::trust_checkpoint(tlog::to_text(done.note), policy.log_keys(), policy));
    }

    test::SmallTree tree{600};
    tlog::NoteSigner log = test::signer(origin, 1);
    std::vector<std::unique_ptr<One>> ones;
    tlog::WitnessPolicy policy = *tlog::WitnessPolicy::from_text("quorum none\n", "policy");
    std::mutex mutex;
    std::int64_t now = 1'700'000'000;
};

TEST_F(CosigningTest, CollectsTheCosignaturesOfAll) {
    const auto done = ask(5);
    EXPECT_EQ(done.note.signatures.size(), 4U);
    EXPECT_TRUE(trusted(done));
    ASSERT_EQ(done.asked.size(), 3U);
    for (std::size_t n = 0; n < 3; ++n) {
        ASSERT_TRUE(done.asked[n].cosigned);
        EXPECT_EQ(done.asked[n].witness, n);
        const auto& key = ones[n]->cosigner.verifier();
        EXPECT_EQ(remembered_size(*done.asked[n].cosigned, origin, key), 5U);
        EXPECT_EQ(remembered_size(*done.asked[n].cosigned, "another", key), 0U);
        EXPECT_EQ(remembered_size(*done.asked[n].cosigned, origin, ones[(n + 1) % 3]->cosigner.verifier()),
                  0U);
        EXPECT_EQ(ones[n]->asked, 1);
    }
    // The log's line stays the first: the journal knows its own checkpoint by that.
    EXPECT_TRUE(tlog::to_text(done.note).starts_with(checkpoint(5)));
    EXPECT_EQ(remembered_size("nonsense", origin, ones[0]->cosigner.verifier()), 0U);
}

TEST_F(CosigningTest, ProvesThatTheLogHasGrown) {
    ASSERT_TRUE(trusted(ask(5)));
    const auto known = ask(513, {5, 5, 5});
    EXPECT_TRUE(trusted(known));
    EXPECT_EQ(ones[0]->asked, 2);
    const auto forgotten = ask(600, {0, 513, 100});  // a question more where the size is not known
    EXPECT_TRUE(trusted(forgotten));
    EXPECT_EQ(ones[0]->asked, 4);
    EXPECT_EQ(ones[1]->asked, 3);
    EXPECT_EQ(ones[2]->asked, 4);
    EXPECT_EQ(ones[2]->state.records.at(origin).head, tree.head(600));
}

TEST_F(CosigningTest, IsAQuorumOrNone) {
    ones[1]->gone = true;
    const auto two = ask(5);
    EXPECT_TRUE(trusted(two));
    EXPECT_EQ(two.asked[1].error, (Error{Errc::timeout, "HTTP connection"}));
    EXPECT_FALSE(two.asked[1].alarming());
    ones[2]->gone = true;
    EXPECT_FALSE(trusted(ask(6)));
}

TEST_F(CosigningTest, KeepsWhatWasSaidBeforeOfTheSameTree) {
    ones[1]->gone = ones[2]->gone = true;
    auto done = ask(5);
    EXPECT_FALSE(trusted(done));
    ones[1]->gone = false;
    ones[0]->gone = true;
    Tiles tiles{tree, 5};
    const auto post_it = [&](const auto& url, const auto& body) { return post(url, body); };
    auto again = cosign(tlog::to_text(done.note), policy, {5, 0, 0}, tiles, post_it);
    ASSERT_TRUE(again);
    EXPECT_TRUE(trusted(*again));
    EXPECT_EQ(again->note.signatures.size(), 3U);

    ones[0]->gone = false;  // says it again, later: one line of each
    now += 60;
    again = cosign(tlog::to_text(again->note), policy, {5, 5, 0}, tiles, post_it);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->note.signatures.size(), 3U);
    const auto judged = tlog::trust_checkpoint(tlog::to_text(again->note), policy.log_keys(), policy);
    ASSERT_TRUE(judged);
    EXPECT_EQ(judged->witnesses().front().time, test::at(now));
}

TEST_F(CosigningTest, LeavesOutCosignaturesThatDoNotVerify) {
    auto note = test::signed_head(tree, 5, log);
    auto bad = *ones[0]->cosigner.cosign(test::signed_head(tree, 6, log).text, test::at(now));
    note.signatures.push_back(bad);
    note.signatures.push_back({"stranger", 7, Bytes(3)});
    for (auto& one : ones) one->gone = true;
    Tiles tiles{tree, 5};
    const auto done = cosign(tlog::to_text(note), policy, {}, tiles,
                             [&](const auto& url, const auto& body) { return post(url, body); });
    ASSERT_TRUE(done);
    EXPECT_EQ(done->note.signatures.size(), 2U);  // the log's and the stranger's
}

TEST_F(CosigningTest, IsAlarmedByAnotherHistory) {
    ASSERT_TRUE(trusted(ask(5)));
    tree.fork(2);
    const auto done = ask(9, {5, 0, 5});
    EXPECT_FALSE(trusted(done));
    for (const auto& asked : done.asked) {
        EXPECT_TRUE(asked.alarming());
        EXPECT_FALSE(asked.cosigned);
    }
    EXPECT_EQ(ones[0]->state.records.at(origin).head.size, 5U);
}

TEST_F(CosigningTest, IsAlarmedByAWitnessThatIsAhead) {
    ASSERT_TRUE(trusted(ask(9)));
    const auto told = ask(5);  // by the witness
    EXPECT_EQ(told.asked[0].ahead, 9U);
    EXPECT_TRUE(told.asked[0].alarming());
    const auto before = ones[1]->asked;
    EXPECT_EQ(ask(5, {0, 9, 0}).asked[1].ahead, 9U);  // by what is remembered of it
    EXPECT_EQ(ones[1]->asked, before);
}

TEST_F(CosigningTest, BelievesNoWitnessThatSaysNonsense) {
    for (const tlog::WitnessAnswer& answer :
         {tlog::WitnessAnswer{200, "text/plain", ""}, tlog::WitnessAnswer{200, "text/plain", "<html>"},
          tlog::WitnessAnswer{302, "", ""}, tlog::WitnessAnswer{409, "text/x.tlog.size", "0\n"},
          tlog::WitnessAnswer{409, "text/x.tlog.size", "99999999999999999999\n"},
          tlog::WitnessAnswer{503, "", ""}}) {
        ones[0]->instead = answer;
        const auto done = ask(5);
        EXPECT_TRUE(done.asked[0].error) << answer.status;
        EXPECT_FALSE(done.asked[0].alarming());
        EXPECT_TRUE(trusted(done));
    }
}

TEST_F(CosigningTest, AsksNobodyForAnotherLogsCheckpoint) {
    Tiles tiles{tree, 5};
    const auto nobody = [](const auto&, const auto&) -> Result<tlog::WitnessAnswer> {
        ADD_FAILURE() << "asked";
        return fail(Errc::not_found, "witness");
    };
    const auto other = tlog::to_text(test::signed_head(tree, 5, test::signer("example.com/other", 1)));
    EXPECT_EQ(cosign(other, policy, {}, tiles, nobody).error(), (Error{Errc::not_found, "log signature"}));
    const auto forged = tlog::to_text(test::signed_head(tree, 5, test::signer(origin, 2)));
    EXPECT_FALSE(cosign(forged, policy, {}, tiles, nobody));
    EXPECT_FALSE(cosign("nonsense", policy, {}, tiles, nobody));
}

}  // namespace
}  // namespace busguard::web
