#include "tests/journal/disk_vfs.h"
#include "tests/journal/support.h"
#include "tests/thinned.h"

// One life of a log on a disk that fails at one step, for every step there is and each way to fail.
namespace busguard::journal {
namespace {

using test::Disk;
using test::Fault;
using test::TreeHash;

class Life {
public:
    Life(std::size_t step, Fault fault, unsigned seed) : disk_{seed}, sqlite_{disk_} {
        disk_.make_directory("db");
        disk_.sync_names("");
        disk_.plan(step, fault);
    }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;
    ~Life() { journal_.reset(); }

    void live();
    std::size_t steps() const { return disk_.steps(); }
    bool reopens = false;  // after an error, a process that ends; else one that tries again

private:
    // What a process does. True: it was done.
    bool open();
    bool append(std::uint64_t count);
    bool append_with_blob();
    bool publish() { return static_cast<bool>(journal_->publish()); }
    bool tidy() { return static_cast<bool>(journal_->tidy()); }
    bool prune(std::uint64_t minimum) {
        minimum_ = minimum;
        return static_cast<bool>(journal_->prune(minimum));
    }
    bool remember(const std::vector<Bytes>& bytes, const Result<std::uint64_t>& first);

    template <class Act>
    void until_done(const Act& act);
    void after_an_error();
    void look_at_what_is_published();
    void look_at_what_was_acknowledged(std::uint64_t every = 1);
    void look_at_the_signatures();
    void look_at_what_is_kept();

    Disk disk_;
    test::SqliteOnDisk sqlite_;
    test::DiskFiles files_{disk_};
    test::TestKey key_;
    std::unique_ptr<Journal> journal_;
    std::map<std::uint64_t, Bytes> acknowledged_;
    std::optional<TreeHash> blob_;
    std::uint64_t attempts_ = 0, minimum_ = 0;
};

bool Life::open() {
    auto opened = Journal::open("db/journal.db", files_, key_, key_);
    if (!opened) return false;
    journal_ = *std::move(opened);
    return true;
}

bool Life::remember(const std::vector<Bytes>& bytes, const Result<std::uint64_t>& first) {
    if (!first) return false;
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const bool is_new = acknowledged_.emplace(*first + n, bytes[n]).second;
        EXPECT_TRUE(is_new) << "index " << *first + n << " was given twice";
    }
    return true;
}

bool Life::append(std::uint64_t count) {
    std::vector<Bytes> bytes;
    std::vector<Entry> entries;
    for (std::uint64_t n = 0; n < count; ++n) bytes.push_back(test::entry(++attempts_));
    for (const auto& one : bytes) entries.push_back({one, {}});
    return remember(bytes, journal_->append(entries, test::noon));
}

bool Life::append_with_blob() {
    const auto blob = journal_->put_blob(as_bytes("a certificate chain"));
    if (!blob) return false;
    blob_ = *blob;
    const std::vector<Bytes> bytes{test::entry(++attempts_)};
    const std::vector<TreeHash> names{*blob};
    const std::vector<Entry> entries{{bytes[0], names}};
    return remember(bytes, journal_->append(entries, test::noon));
}

void Life::live() {
    std::vector<std::function<bool()>> acts{[&] { return open(); },
                                            [&] { return publish(); }};  // of no entry
    acts.insert(acts.end(), {[&] { return append(1); }, [&] { return publish(); }});
    acts.insert(acts.end(), {[&] { return append_with_blob(); }, [&] { return publish(); }});
    for (const auto count :
         std::initializer_list<std::uint64_t>{253, 1, 1, 254, 1})  // to 255, 256, 257, 511, 512
        acts.insert(acts.end(), {[&, count] { return append(count); }, [&] { return publish(); }});
    acts.insert(acts.end(), {[&] { return tidy(); }, [&] { return append(3); }, [&] { return prune(300); }});
    for (const auto& act : acts) {
        until_done(act);
        if (disk_.past_the_fault() || testing::Test::HasFatalFailure()) break;  // then it ends sooner
    }
    until_done([&] { return append(1); });
    until_done([&] { return publish(); });
    until_done([&] { return tidy(); });
    journal_.reset();
    until_done([&] { return open(); });
    if (testing::Test::HasFatalFailure()) return;
    // Whatever it was, nothing of it is left.
    look_at_what_was_acknowledged();
    look_at_what_is_published();
    look_at_the_signatures();
    look_at_what_is_kept();
}

template <class Act>
void Life::until_done(const Act& act) {
    for (int attempt = 0; attempt < 12; ++attempt) {
        if (act() && !disk_.dead()) return;
        after_an_error();
        if (testing::Test::HasFatalFailure()) return;
    }
    FAIL() << "it never ends";
}

void Life::after_an_error() {
    look_at_what_is_published();
    const bool died = disk_.dead();
    if (!died && !reopens) return;
    journal_.reset();
    disk_.restart();
    look_at_what_is_published();
    ASSERT_TRUE(open());  // one fault is all there is
    look_at_what_was_acknowledged(37);
}

// At no moment does a reader find a checkpoint without what it tells of.
void Life::look_at_what_is_published() {
    const Disk::Quiet quiet{disk_};
    if (!*files_.exists("checkpoint")) return;
    const auto found = fsck(files_, key_, minimum_);
    ASSERT_TRUE(found.clean()) << test::all_problems(found);
}

void Life::look_at_what_was_acknowledged(std::uint64_t every) {
    const Disk::Quiet quiet{disk_};
    for (const auto& [index, bytes] : acknowledged_) {
        if (index < minimum_) continue;
        ASSERT_EQ(*journal_->find(tlog::leaf_hash(bytes)), index);
        if (index % every != 0) continue;
        const auto kept = journal_->entry(index);
        ASSERT_TRUE(kept) << "entry " << index << ": " << in_words(kept.error());
        ASSERT_EQ(*kept, bytes) << index;
    }
    if (blob_ && minimum_ == 0) {
        ASSERT_TRUE(journal_->blob(*blob_));
    }
}

void Life::look_at_the_signatures() {
    const Disk::Quiet quiet{disk_};
    for (const auto& [size, roots] : key_.signatures) {
        ASSERT_EQ(roots.size(), 1U) << "size " << size << " was signed with two roots";
        ASSERT_TRUE(journal_->check_against({size, *roots.begin()})) << size;
    }
    ASSERT_EQ(journal_->last_signed()->head, journal_->tree());
}

// Full tiles, one partial one, no bundle below the minimum: what is not needed is gone.
void Life::look_at_what_is_kept() {
    const Disk::Quiet quiet{disk_};
    std::vector<std::string> tiles;
    const auto size = journal_->tree().size;
    for (std::uint64_t index = 0; index < size / 256; ++index) tiles.push_back("00" + std::to_string(index));
    if (size % 256 != 0) tiles.push_back("00" + std::to_string(size / 256) + ".p");
    EXPECT_EQ(*files_.list("tile/0"), tiles);
    tiles.erase(tiles.begin(), tiles.begin() + static_cast<std::ptrdiff_t>(minimum_ / 256));
    EXPECT_EQ(*files_.list("tile/entries"), tiles);
    if (minimum_ != 0) {
        EXPECT_TRUE(files_.list("blob")->empty());
    }
}

std::string name_of(const testing::TestParamInfo<Fault>& info) {
    switch (info.param) {
        case Fault::none: return "None";
        case Fault::error: return "Error";
        case Fault::short_write: return "ShortWrite";
        case Fault::no_space: return "NoSpace";
        case Fault::kill: return "KillBefore";
        case Fault::kill_after: return "KillAfter";
        case Fault::power_cut: return "PowerCut";
    }
    return "Unknown";
}

class JournalFault : public testing::TestWithParam<Fault> {
protected:
    static std::vector<unsigned> seeds() {
        return GetParam() == Fault::power_cut ? std::vector<unsigned>{0, 1} : std::vector<unsigned>{0};
    }
};

std::size_t steps_of_a_life() {
    Life life{0, Fault::none, 0};
    life.live();
    return life.steps();
}

TEST_P(JournalFault, AtAnyStepLosesNothingAndSignsNothingTwice) {
    const auto steps = steps_of_a_life();
    ASSERT_FALSE(HasFailure());
    ASSERT_GT(steps, 300U);
    RecordProperty("steps", static_cast<int>(steps));
    for (std::size_t step = 1 + (static_cast<std::size_t>(GetParam()) % busguard::test::thinned);
         step <= steps; step += busguard::test::thinned) {
        SCOPED_TRACE(testing::Message() << "step " << step << " of " << steps);
        for (const unsigned seed :
             seeds()) {  // of a power cut: nothing of what was not synced survives, or some
            Life life{step, GetParam(), seed == 0 ? 0 : static_cast<unsigned>(step) + 1};
            life.reopens = step % 2 == 0;
            life.live();
            if (HasFailure()) return;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, JournalFault,
                         testing::Values(Fault::error, Fault::short_write, Fault::no_space, Fault::kill,
                                         Fault::kill_after, Fault::power_cut),
                         name_of);

}  // namespace
}  // namespace busguard::journal
