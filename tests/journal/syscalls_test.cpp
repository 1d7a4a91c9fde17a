#include "base/hex.h"
#include "tests/journal/failing_calls.h"
#include "tests/journal/support.h"
#include "tlog/entry_bundle.h"

#include <sys/wait.h>

#include <csignal>
#include <sstream>
#include <unistd.h>

// A process that appends and publishes, with the system's files and SQLite's own way to them: for every call
// by which it changes a file, and each way in which one can fail, a process of which this one does. A
// disk that forgets is fault_test.cpp's.
namespace busguard::journal {
namespace {

namespace fs = std::filesystem;
using test::TreeHash;
using test::calls::Fault;

constexpr std::uint8_t appended_at_once = 3;

struct Place {
    std::string folder;
    std::string files() const { return folder + "/log"; }
    std::string database() const { return folder + "/log.db"; }
};

/// What a log's processes said, the one after the other. Each line is one write(), so whole or not at all.
struct Heard {
    std::vector<std::string> lines;  // of the last one
    std::vector<std::string> calls;
    std::map<std::uint64_t, Bytes> acknowledged;
    std::set<TreeHash> blobs;
    std::map<std::uint64_t, std::set<TreeHash>> roots;
    std::uint64_t published = 0;
    std::vector<std::string> errors;
    std::optional<std::size_t> done;  // after so many calls
    int status = 0;                   // as from waitpid()

    void hear(const std::string& line);
};

Bytes entry(const std::string& word, std::uint64_t n) { return to_bytes(as_bytes(word + std::to_string(n))); }

TreeHash hash_from(const std::string& hex) {
    TreeHash hash{};
    std::ranges::copy(*from_hex(hex), hash.begin());
    return hash;
}

void Heard::hear(const std::string& line) {
    lines.push_back(line);
    std::istringstream words{line};
    std::string what;
    std::string text;
    std::uint64_t number = 0;
    std::uint64_t count = 0;
    words >> what;
    if (what == "call") {
        calls.push_back(line.substr(5));
    } else if (what == "acknowledged") {
        words >> number >> count >> text;
        for (std::uint64_t n = 0; n < count; ++n)
            EXPECT_TRUE(acknowledged.emplace(number + n, entry(text, n)).second)
                << number + n << " was given twice";
    } else if (what == "kept") {
        words >> text;
        blobs.insert(hash_from(text));
    } else if (what == "signed") {
        words >> number >> text;
        roots[number].insert(hash_from(text));
    } else if (what == "published") {
        words >> published;
    } else if (what == "error") {
        errors.push_back(line.substr(6));
    } else if (what == "done") {
        done = calls.size();
    } else {
        ADD_FAILURE() << line;
    }
}

/// The one whose calls fail.
class Process {
public:
    Process(Place place, int out) : place_{std::move(place)}, out_{out} {
        key_.told = [&](const test::TreeHead& head) {
            say("signed " + std::to_string(head.size) + " " + to_hex(head.root));
        };
    }

    void say(std::string line) const {
        line.push_back('\n');
        if (::write(out_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(2);
    }

    /// Appends, publishes, and tidies. After an error, again: what is not done yet.
    bool live(const std::string& word, std::uint64_t count) {
        if (!journal_ && !open()) return false;
        if (!acknowledged_ && !append(word, count)) return false;
        const auto head = journal_->publish();
        if (!head) return failed(in_words(head.error()));
        say("published " + std::to_string(head->size));
        if (const auto tidied = journal_->tidy(); !tidied) return failed(in_words(tidied.error()));
        say("done");
        return true;
    }

private:
    bool open() {
        auto opened = Journal::open(place_.database(), *files_, key_, key_);
        if (!opened) return failed(opened.error().text());
        journal_ = *std::move(opened);
        return true;
    }

    // Evidence, and entries that refer to it.
    bool append(const std::string& word, std::uint64_t count) {
        const auto blob = journal_->put_blob(as_bytes(word));
        if (!blob) return failed(in_words(blob.error()));
        say("kept " + to_hex(*blob));
        std::vector<Bytes> bytes;
        std::vector<Entry> entries;
        for (std::uint64_t n = 0; n < count; ++n) bytes.push_back(entry(word, n));
        for (const auto& one : bytes) entries.push_back({one, {&*blob, 1}});
        const auto first = journal_->append(entries, test::noon);
        if (!first) return failed(in_words(first.error()));
        say("acknowledged " + std::to_string(*first) + " " + std::to_string(count) + " " + word);
        acknowledged_ = true;
        return true;
    }

    bool failed(const std::string& why) const {
        say("error " + why);
        return false;
    }

    Place place_;
    int out_;
    test::TestKey key_;
    std::unique_ptr<host::DirectoryFiles> files_ = *host::DirectoryFiles::open(place_.files());
    std::unique_ptr<Journal> journal_;
    bool acknowledged_ = false;
};

struct Attempt {
    std::string word;
    std::uint64_t count = appended_at_once;
    std::size_t call = 0;
    Fault fault = Fault::none;
    bool goes_on = false;  // after an error it tries again, with the journal that it has
};

[[noreturn]] void attempt(const Place& place, int out, const Attempt& what) {
    bool done = false;
    {
        Process process{place, out};
        test::calls::follow({place.folder, what.call, what.fault, [&](auto name, auto path) {
                                 process.say("call " + std::string{name} + " " + std::string{path});
                             }});
        done = process.live(what.word, what.count);
        if (!done && what.goes_on) {
            test::calls::follow({});
            done = process.live(what.word + "again", what.count);
        }
    }  // closes the database, which are calls too
    _exit(done ? 0 : 1);
}

void run(const Place& place, const Attempt& what, Heard& heard) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) attempt(place, ends[1], what);
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t got = 0; (got = ::read(ends[0], piece.data(), piece.size())) > 0;)
        text.append(piece.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    ASSERT_EQ(::waitpid(child, &heard.status, 0), child);
    heard.lines.clear();
    heard.calls.clear();
    heard.done.reset();
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) heard.hear(line);
}

bool ended_with(int code, const Heard& heard) {
    return WIFEXITED(heard.status) && WEXITSTATUS(heard.status) == code;
}
bool was_killed(const Heard& heard) { return WIFSIGNALED(heard.status) && WTERMSIG(heard.status) == SIGKILL; }

// What the power takes with it is seen in no process. But when something was said, all that was written
// before has to be synced, with the folders of new names; and what gets a name has to be so already.
void check_what_is_synced(const Heard& heard) {
    std::set<std::string> unsynced;
    for (const auto& line : heard.lines) {
        std::istringstream words{line};
        std::string what;
        std::string name;
        std::string path;
        words >> what >> name >> path;
        if (what != "call") {
            EXPECT_EQ(unsynced, std::set<std::string>{}) << line;
        } else if (name == "write" || name == "pwrite") {
            unsynced.insert(path);
        } else if (name == "fsync" || name == "fdatasync" || name == "unlink") {
            unsynced.erase(path);
        } else if (name == "rename" || name == "mkdir") {
            EXPECT_FALSE(unsynced.contains(path + ".new")) << line;
            unsynced.insert(path.substr(0, path.rfind('/')));
        }
    }
}

// At no moment does a reader find less than was published, or something that is not whole.
void look_at_what_is_published(const Place& place, const Heard& heard) {
    const auto files = *host::DirectoryFiles::open(place.files());
    if (heard.published == 0 && !*files->exists("checkpoint")) return;
    test::TestKey key;
    const auto found = fsck(*files, key);
    ASSERT_TRUE(found.clean()) << test::all_problems(found);
    ASSERT_GE(found.head->size, heard.published);
}

std::vector<Bytes> published_entries(host::DurableFiles& files, std::uint64_t size) {
    std::vector<Bytes> entries;
    while (entries.size() < size) {
        const auto index = entries.size() / tlog::tile_width;
        const auto width = tlog::width_in(size, 0, index);
        const auto bundle =
            *files.read(tlog::text({tlog::TilePath::Kind::entries, 0, index, width}), tlog::largest_resource);
        const auto in = *tlog::entries_of(bundle, width);
        for (const auto one : in) entries.push_back(to_bytes(one));
    }
    return entries;
}

// A process after it, in which nothing fails: this one.
void take_up(const Place& place, Heard& heard) {
    look_at_what_is_published(place, heard);
    if (testing::Test::HasFatalFailure()) return;
    const auto files = *host::DirectoryFiles::open(place.files());
    test::TestKey key;
    auto opened = Journal::open(place.database(), *files, key, key);
    ASSERT_TRUE(opened) << opened.error().text();
    auto& journal = **opened;
    if (journal.last_signed())
        heard.published = journal.last_signed()->head.size;  // on opening, at the latest
    look_at_what_is_published(place, heard);
    if (testing::Test::HasFatalFailure()) return;
    for (const auto& [index, bytes] : heard.acknowledged) {
        const auto found = journal.find(tlog::leaf_hash(bytes));
        ASSERT_TRUE(found) << in_words(found.error());
        ASSERT_EQ(*found, index);
    }

    const std::vector<Bytes> bytes{entry("after", 0)};
    const std::vector<Entry> entries{{bytes[0], {}}};
    const auto first = journal.append(entries, test::noon);
    ASSERT_TRUE(first) << in_words(first.error());
    ASSERT_TRUE(heard.acknowledged.emplace(*first, bytes[0]).second) << *first << " was given twice";
    const auto head = journal.publish();
    ASSERT_TRUE(head) << in_words(head.error());
    ASSERT_TRUE(journal.tidy());
    heard.published = head->size;

    look_at_what_is_published(place, heard);
    if (testing::Test::HasFatalFailure()) return;
    const auto there = published_entries(*files, head->size);
    for (const auto& [index, acknowledged] : heard.acknowledged) {
        ASSERT_LT(index, there.size());
        ASSERT_EQ(there[index], acknowledged) << index;
    }
    for (const auto& blob : heard.blobs) ASSERT_TRUE(journal.blob(blob));
    for (const auto* word : {"one", "oneagain"}) {
        std::ptrdiff_t kept = 0;
        for (std::uint64_t n = 0; n < appended_at_once; ++n)
            kept += std::ranges::count(there, entry(word, n));
        ASSERT_TRUE(kept == 0 || kept == std::ptrdiff_t{appended_at_once}) << kept << " of " << word;
    }
    for (const auto& [size, roots] : key.signatures) heard.roots[size].insert(roots.begin(), roots.end());
    for (const auto& [size, roots] : heard.roots) {
        ASSERT_EQ(roots.size(), 1U) << "size " << size << " was signed with two roots";
        ASSERT_TRUE(journal.check_against({size, *roots.begin()})) << size;
    }
}

/// What a process finds.
enum class Start {
    nothing,
    almost_full,  // a tile that it fills
    killed,       // the same, after one that was killed when it had signed and not yet published
};

enum class After { ends, goes_on };

using Case = std::tuple<Start, Fault, After>;

class JournalSyscalls : public testing::TestWithParam<Case> {
protected:
    void SetUp() override;

    static Attempt doomed(std::size_t number) {
        const auto& [start, fault, after] = GetParam();
        return {.word = "one", .call = number, .fault = fault, .goes_on = after == After::goes_on};
    }
    /// A log as it is at the start.
    Place fresh() const;
    /// Of a process in which nothing fails.
    Heard sound() const;
    static void check_the_end(const Heard& heard, bool has_to_tell);

    // A disk is waited for at each of some thousand fsync(), and what it keeps is not what this is about.
    host::TemporaryDirectory directory_{fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path()};
    Place start_{fs::canonical(directory_.path()) / "start"};
    Heard before_;  // of the log at the start
};

void JournalSyscalls::SetUp() {
    const auto start = std::get<Start>(GetParam());
    fs::create_directories(start_.files());
    if (start == Start::nothing) return;
    run(start_, {.word = "start", .count = tlog::tile_width - 1}, before_);
    ASSERT_TRUE(ended_with(0, before_));
    if (start == Start::almost_full) return;
    const auto calls = sound().calls;
    const auto found = std::ranges::find(calls, "rename log/checkpoint");
    ASSERT_NE(found, calls.end());
    const auto number = static_cast<std::size_t>(found - calls.begin()) + 1;
    run(start_, {.word = "killed", .call = number, .fault = Fault::kill}, before_);
    ASSERT_TRUE(was_killed(before_));
}

Place JournalSyscalls::fresh() const {
    Place place{fs::canonical(directory_.path()) / "one"};
    fs::remove_all(place.folder);
    fs::copy(start_.folder, place.folder, fs::copy_options::recursive);
    return place;
}

Heard JournalSyscalls::sound() const {
    auto heard = before_;
    run(fresh(), {.word = "one"}, heard);
    EXPECT_TRUE(ended_with(0, heard));
    return heard;
}

// SQLite passes over it: whose its files are, if not root's; a directory that cannot be synced.
bool is_passed_over(const std::string& call) { return call.starts_with("fchown ") || call == "fdatasync ."; }

void JournalSyscalls::check_the_end(const Heard& heard, bool has_to_tell) {
    const auto& [start, fault, after] = GetParam();
    SCOPED_TRACE(testing::PrintToString(heard.errors));
    if (fault == Fault::kill || fault == Fault::torn) {
        ASSERT_TRUE(was_killed(heard));
    } else if (fault == Fault::partial) {
        ASSERT_TRUE(ended_with(0, heard));
        ASSERT_TRUE(heard.errors.empty());  // the rest is written
    } else {
        ASSERT_TRUE(ended_with(heard.errors.empty() || after == After::goes_on ? 0 : 1, heard));
        ASSERT_TRUE(!heard.errors.empty() || !has_to_tell);
    }
}

TEST_P(JournalSyscalls, WhicheverFailsNothingIsLostOrSignedTwice) {
    const auto without = sound();
    check_what_is_synced(without);
    const auto& calls = without.calls;
    const auto done = without.done.value_or(0);
    ASSERT_GT(done, 50U);
    const auto fault = std::get<Fault>(GetParam());
    int processes = 0;
    for (std::size_t n = 0; n < calls.size(); ++n) {
        const auto& call = calls[n];
        const bool is_write = call.starts_with("write ") || call.starts_with("pwrite ");
        if ((fault == Fault::torn || fault == Fault::partial) && !is_write) continue;
        SCOPED_TRACE(testing::Message() << "call " << n + 1 << " of " << calls.size() << ", " << call);
        const auto place = fresh();
        auto heard = before_;
        run(place, doomed(n + 1), heard);
        ASSERT_GT(heard.calls.size(), n);
        ASSERT_EQ(heard.calls[n], call);
        // When all is done, the database is closed: that its log is emptied then is no condition of anything.
        check_the_end(heard, n < done && !is_passed_over(call));
        take_up(place, heard);
        if (HasFailure()) return;
        ++processes;
    }
    RecordProperty("processes", processes);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
    const auto& [start, fault, after] = info.param;
    const std::map<Start, std::string> starts{{Start::nothing, "OfANewLog"},
                                              {Start::almost_full, "OfALog"},
                                              {Start::killed, "OfALogThatWasKilled"}};
    const std::map<Fault, std::string> faults{
        {Fault::kill, "Kill"},   {Fault::torn, "TornWrite"},       {Fault::partial, "ShortWrite"},
        {Fault::error, "Error"}, {Fault::late_error, "LateError"}, {Fault::no_space, "NoSpace"}};
    return starts.at(start) + faults.at(fault) + (after == After::goes_on ? "AndGoesOn" : "");
}

const auto starts = testing::Values(Start::nothing, Start::almost_full, Start::killed);
const auto errors = testing::Values(Fault::error, Fault::late_error, Fault::no_space);

INSTANTIATE_TEST_SUITE_P(Ending, JournalSyscalls,
                         testing::Combine(starts, testing::Values(Fault::kill, Fault::torn, Fault::partial),
                                          testing::Values(After::ends)),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Telling, JournalSyscalls,
                         testing::Combine(starts, errors, testing::Values(After::ends, After::goes_on)),
                         name_of);

}  // namespace
}  // namespace busguard::journal
