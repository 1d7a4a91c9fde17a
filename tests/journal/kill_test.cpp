#include "tests/journal/support.h"

#include <sys/wait.h>

#include <csignal>
#include <random>
#include <unistd.h>

// A process that appends and publishes for its life, killed at any moment: real files, real SQLite.
namespace busguard::journal {
namespace {

using test::TreeHash;

// What the process tells before it is killed. One write() each, so whole or not at all.
struct Said {
    enum class What : std::uint64_t { acknowledged, signed_root } what;
    std::uint64_t number;  // index, or size
    TreeHash hash;         // of the leaf, or the root
};

struct Place {
    host::TemporaryDirectory published, kept;
    std::string database() const { return kept.path("journal.db"); }
};

[[noreturn]] void work(const Place& place, int out, std::uint64_t attempt) {
    const auto say = [&](const Said& said) {
        if (::write(out, &said, sizeof said) != sizeof said) _exit(2);
    };
    test::TestKey key;
    key.told = [&](const test::TreeHead& head) { say({Said::What::signed_root, head.size, head.root}); };
    const auto files = host::DirectoryFiles::open(place.published.path());
    if (!files) _exit(3);
    auto journal = Journal::open(place.database(), **files, key, key);
    if (!journal) _exit(4);
    for (std::uint64_t round = 0;; ++round) {
        std::vector<Bytes> bytes;
        std::vector<Entry> entries;
        for (std::uint64_t n = 0; n <= round % 60; ++n)
            bytes.push_back(test::entry((attempt * 1'000'000) + (round * 100) + n));
        for (const auto& one : bytes) entries.push_back({one, {}});
        const auto first = (*journal)->append(entries, test::noon);
        if (!first) _exit(5);
        for (std::size_t n = 0; n < bytes.size(); ++n)
            say({Said::What::acknowledged, *first + n, tlog::leaf_hash(bytes[n])});
        if (!(*journal)->publish()) _exit(6);
        if (round % 8 == 7 && !(*journal)->tidy()) _exit(7);
    }
}

TEST(JournalKill, FiftyTimesAtAnyMomentLosesNothingAndSignsNothingTwice) {
    const Place place;
    test::TestKey key;
    std::map<std::uint64_t, TreeHash> acknowledged;
    std::map<std::uint64_t, std::set<TreeHash>> roots;
    std::mt19937 chance{20260801};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same moments each time
    for (std::uint64_t attempt = 0; attempt < 50; ++attempt) {
        SCOPED_TRACE(attempt);
        std::array<int, 2> ends{};
        ASSERT_EQ(::pipe(ends.data()), 0);
        const auto child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(ends[0]);
            work(place, ends[1], attempt);
        }
        ::close(ends[1]);
        // Between nothing and some rounds, by what it has said and a moment more.
        const auto until = chance() % 80;
        Said said{};
        for (std::uint64_t heard = 0; ::read(ends[0], &said, sizeof said) == sizeof said; ++heard) {
            if (heard == until) {
                ::usleep(static_cast<useconds_t>(chance() % 3000));
                ::kill(child, SIGKILL);
            }
            if (said.what == Said::What::signed_root) {
                roots[said.number].insert(said.hash);
            } else {
                EXPECT_TRUE(acknowledged.emplace(said.number, said.hash).second)
                    << said.number << " was given twice";
            }
        }
        ::close(ends[0]);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "ended by itself: " << WEXITSTATUS(status);

        const auto files = *host::DirectoryFiles::open(place.published.path());
        if (*files->exists("checkpoint")) {
            const auto found = fsck(*files, key);
            ASSERT_TRUE(found.clean()) << test::all_problems(found);
        }
        auto journal = Journal::open(place.database(), *files, key, key);
        ASSERT_TRUE(journal) << journal.error().text();
        for (const auto& [index, leaf] : acknowledged) ASSERT_EQ(*(*journal)->find(leaf), index);
        for (const auto& [size, signed_roots] : roots) {
            ASSERT_EQ(signed_roots.size(), 1U) << "size " << size << " was signed with two roots";
            ASSERT_TRUE((*journal)->check_against({size, *signed_roots.begin()})) << size;
        }
    }
    const auto files = *host::DirectoryFiles::open(place.published.path());
    auto journal = *Journal::open(place.database(), *files, key, key);
    ASSERT_TRUE(journal->publish());
    EXPECT_GT(acknowledged.size(), 1000U);
    EXPECT_GT(roots.size(), 100U);
    for (const auto& [index, leaf] : acknowledged) {
        ASSERT_EQ(tlog::leaf_hash(*journal->entry(index)), leaf);
    }
    EXPECT_TRUE(fsck(*files, key).clean());
}

}  // namespace
}  // namespace busguard::journal
