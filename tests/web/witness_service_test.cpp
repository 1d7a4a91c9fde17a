#include "web/witness_service.h"

#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tests/tlog/witness_memory.h"

#include <gtest/gtest.h>

namespace busguard::web {
namespace {

using tlog::test::at;

// C2SP tlog-witness.
class WitnessServiceTest : public testing::Test {
protected:
    host::HttpResponse ask(std::string method, std::string path, std::string body = {}) const {
        const WitnessService service{witness, prefix};
        return service.answer({.head = {.method = std::move(method), .path = std::move(path), .fields = {}},
                               .body = std::move(body),
                               .peer = {}},
                              at(1'700'000'000));
    }
    std::string add(std::size_t old, std::size_t size) const {
        return tlog::to_text(tlog::AddCheckpoint{old, tree.consistency(old, size),
                                                 tlog::to_text(tlog::test::signed_head(tree, size, log))});
    }

    tlog::test::SmallTree tree{9};
    tlog::NoteSigner log = tlog::test::golden_signer();
    tlog::test::WitnessMemory state;
    tlog::Witness witness = *tlog::Witness::make({log.verifier()}, tlog::test::golden_cosigner(), state);
    std::string prefix;
};

std::string type_of(const host::HttpResponse& response) { return response.fields.front().value; }

TEST_F(WitnessServiceTest, CosignsBelowItsPrefix) {
    EXPECT_EQ(ask("POST", "/add-checkpoint", add(0, 5)).status, 200);
    prefix = "/a/b";
    const auto answer = ask("POST", "/a/b/add-checkpoint", add(5, 9));
    EXPECT_EQ(answer.status, 200);
    EXPECT_TRUE(tlog::signatures_from_text(answer.body));
    for (const auto* path : {"/add-checkpoint", "/a/badd-checkpoint", "/a/b", "/a/b/", "/a/b//add-checkpoint",
                             "/a/b/add-checkpoint/", "/a/bc/add-checkpoint"})
        EXPECT_NE(ask("POST", path, add(9, 9)).status, 200) << path;
}

TEST_F(WitnessServiceTest, AnswersAStaleSizeInItsOwnType) {
    EXPECT_EQ(ask("POST", "/add-checkpoint", add(0, 5)).status, 200);
    const auto stale = ask("POST", "/add-checkpoint", add(3, 9));
    EXPECT_EQ(stale.status, 409);
    EXPECT_EQ(type_of(stale), "text/x.tlog.size");
    EXPECT_EQ(stale.body, "5\n");
}

TEST_F(WitnessServiceTest, RefusesAFork) {
    EXPECT_EQ(ask("POST", "/add-checkpoint", add(0, 5)).status, 200);
    tree.fork(2);
    EXPECT_EQ(ask("POST", "/add-checkpoint", add(5, 9)).status, 422);
    EXPECT_EQ(ask("POST", "/add-checkpoint", add(5, 5)).status, 422);
}

TEST_F(WitnessServiceTest, ShowsMonitorsWhatItCosigned) {
    const auto path = "/" + tlog::test::path_of(tlog::golden::log_name);
    EXPECT_EQ(ask("GET", path).status, 404);
    EXPECT_EQ(ask("POST", "/add-checkpoint", add(0, 5)).status, 200);
    EXPECT_EQ(ask("GET", path).status, 200);
    EXPECT_EQ(ask("HEAD", path).status, 200);
    EXPECT_EQ(ask("GET", path).body, state.records.at(std::string{tlog::golden::log_name}).checkpoint);
    EXPECT_EQ(ask("GET", "/checkpoint").status, 404);
}

TEST_F(WitnessServiceTest, KnowsTwoMethods) {
    EXPECT_EQ(ask("GET", "/add-checkpoint").status, 405);
    EXPECT_EQ(ask("POST", "/" + tlog::test::path_of(tlog::golden::log_name)).status, 405);
    EXPECT_EQ(ask("POST", "/add-checkpoint", "nonsense").status, 400);
}

}  // namespace
}  // namespace busguard::web
