#include "host/fuse.h"

#include "tests/host/mounted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>

/// What is particular to a mount for everybody, and writes that take their time. tests/emulate/fuse_test.cpp
/// has the rest.
namespace busguard::host {
namespace {

using testing::ElementsAre;

/// A file whose writes are answered when the test says so.
struct Slow {
    NodeTree::Content content() {
        NodeTree::Content content{.mode = 0644};
        content.write_later = [this](std::uint64_t, ByteView bytes, NodeTree::Written done) {
            taken.emplace_back(as_text(bytes));
            waiting.push_back(std::move(done));
        };
        return content;
    }
    std::vector<std::string> taken;
    std::vector<NodeTree::Written> waiting;
};

TEST(SlowWrite, IsWaitedForWhileOthersAreServed) {
    NodeTree tree;
    Slow slow;
    tree.add_file(NodeTree::root, "slow", slow.content());
    tree.add_file(NodeTree::root, "quick", constant_attribute("here"));
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    std::atomic<bool> quick_was_read = false;
    const auto told = mounted.serve(
        [&] {
            auto writer = std::async(
                std::launch::async, [&] { return write_file_as_a_shell_does(mounted.path("slow"), "re\n"); });
            quick_was_read = read_file_as_programs_do(mounted.path("quick")).content == "here\n";
            return writer.get();
        },
        [&] {
            if (!quick_was_read || slow.waiting.empty()) return;
            slow.waiting[0](3);
            slow.waiting[0](fail(Errc::system, "again"));  // once is enough
            slow.waiting.clear();
        });
    EXPECT_EQ(told, 0);
    EXPECT_TRUE(quick_was_read);
    EXPECT_THAT(slow.taken, ElementsAre("re\n"));
}

TEST(SlowWrite, GivesTheErrnoThatItEndsWith) {
    NodeTree tree;
    Slow slow;
    tree.add_file(NodeTree::root, "slow", slow.content());
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    const auto told = mounted.serve([&] { return write_file_as_a_shell_does(mounted.path("slow"), "re"); },
                                    [&] {
                                        for (auto& done : std::exchange(slow.waiting, {}))
                                            done(fail(Errc::system, "attempt", 0, EKEYREJECTED));
                                    });
    EXPECT_EQ(told, EKEYREJECTED);
}

TEST(SlowWrite, FailsWhenNobodyCanAnswerItAnyMore) {
    NodeTree tree;
    Slow slow;
    tree.add_file(NodeTree::root, "slow", slow.content());
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    EXPECT_EQ(mounted.serve([&] { return write_file_as_a_shell_does(mounted.path("slow"), "re"); },
                            [&] { slow.waiting.clear(); }),
              EIO);
}

// Two files: the kernel lets only one in at a time to write to a file.
TEST(SlowWrite, FailsWhenTheMountGoesFirst) {
    NodeTree tree;
    Slow slow;
    tree.add_file(NodeTree::root, "slow", slow.content());
    tree.add_file(NodeTree::root, "other", slow.content());
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    const auto told = mounted.serve(
        [&] {
            auto other = std::async(std::launch::async,
                                    [&] { return write_file_as_a_shell_does(mounted.path("other"), "1"); });
            const auto one = write_file_as_a_shell_does(mounted.path("slow"), "2");
            return std::pair{one, other.get()};
        },
        [&] {
            if (slow.waiting.size() == 2) mounted.unmount();
        });
    EXPECT_EQ(told, std::pair(ENODEV, ENODEV));
    for (const auto& done : slow.waiting) done(2);  // nobody is there
}

/// Opens `path`, reads `piece` bytes of it, lets `meanwhile` run and reads the rest.
std::string read_in_two(const std::string& path, std::size_t piece, const std::function<void()>& meanwhile) {
    const auto file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::array<char, 4096> into{};
    const auto first = ::read(file, into.data(), piece);
    std::string out{into.data(), static_cast<std::size_t>(std::max<ssize_t>(first, 0))};
    meanwhile();
    const auto rest = ::read(file, into.data(), into.size());
    out.append(into.data(), static_cast<std::size_t>(std::max<ssize_t>(rest, 0)));
    ::close(file);
    return out;
}

TEST(Text, IsReadToItsEndThoughAnotherTookItsPlace) {
    NodeTree tree;
    std::atomic<int> number = 0;
    tree.add_file(NodeTree::root, "text", text_attribute([&number] {
                      return std::string(3U + (3U * static_cast<unsigned>(number)), 'a');
                  }));
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    const auto read = mounted.serve([&] {
        const auto path = mounted.path("text");
        std::string inner;
        const auto outer = read_in_two(path, 2, [&] {
            number = 1;
            inner = read_in_two(path, 2, [&] { number = 0; });
        });
        return std::pair{outer, inner};
    });
    EXPECT_EQ(read, std::pair(std::string{"aaa\n"}, std::string{"aaaaaa\n"}));
}

TEST(MountForEverybody, BelongsToRootAndHoldsUsersToTheModes) {
    NodeTree tree;
    Slow slow;
    tree.add_file(NodeTree::root, "authenticated", slow.content());
    tree.add_file(NodeTree::root, "public", constant_attribute("1"));
    tree.add_file(NodeTree::root, "secret", command_attribute([](auto) { return Result<void>{}; }));
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    struct Seen {
        int owner, read, write, hidden;
        bool operator==(const Seen&) const = default;
    };
    const auto seen = mounted.serve([&] {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) return Seen{};
        const auto child = ::fork();
        if (child == 0) {  // system calls alone from here: the other threads are not there
            const bool is_nobody = ::setgid(65534) == 0 && ::setuid(65534) == 0;
            struct stat its{};
            const int status = ::stat((mounted.path() + "/public").c_str(), &its);
            Seen out{.owner = is_nobody && status == 0 ? static_cast<int>(its.st_uid) : -1};
            const auto attempt = [&](const char* name, int flags) {
                const auto file = ::open((mounted.path() + name).c_str(), flags | O_CLOEXEC);
                return file < 0 ? errno : 0;
            };
            out.read = attempt("/public", O_RDONLY);
            out.write = attempt("/authenticated", O_WRONLY);
            out.hidden = attempt("/secret", O_WRONLY);
            ::_exit(::write(ends[1], &out, sizeof out) == sizeof out ? 0 : 1);
        }
        Seen out{};
        if (::read(ends[0], &out, sizeof out) != sizeof out) out = {};
        ::close(ends[0]);
        ::close(ends[1]);
        int status = 0;
        ::waitpid(child, &status, 0);
        return out;
    });
    if (seen.owner == -1) GTEST_SKIP() << "NOT TESTED: cannot become another user here";
    EXPECT_EQ(seen, (Seen{.owner = 0, .read = 0, .write = EACCES, .hidden = EACCES}));
}

// kernfs looks whether there is a function, also for root.
TEST(MountForEverybody, RefusesRootAsSysfsDoes) {
    NodeTree tree;
    tree.add_file(NodeTree::root, "read", constant_attribute("1"));
    tree.add_file(NodeTree::root, "write", command_attribute([](auto) { return Result<void>{}; }));
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    mounted.serve([&] {
        EXPECT_EQ(::open(mounted.path("write").c_str(), O_RDONLY | O_CLOEXEC), -1) << "at open(), not later";
        EXPECT_EQ(errno, EACCES);
        EXPECT_EQ(::open(mounted.path("read").c_str(), O_RDWR | O_CLOEXEC), -1);
        EXPECT_EQ(errno, EACCES);
        EXPECT_EQ(write_file_as_a_shell_does(mounted.path("write"), "1"), 0);
        EXPECT_EQ(write_file_as_a_shell_does(mounted.path("read"), "1"), EACCES);
        EXPECT_EQ(::chmod(mounted.path("read").c_str(), 0666) == 0 ? 0 : errno, EPERM);
        EXPECT_EQ(::chown(mounted.path("read").c_str(), 1, 1) == 0 ? 0 : errno, EPERM);
        EXPECT_EQ(stat_of(mounted.path("read")).st_mode, S_IFREG | 0444U);
        return 0;
    });
}

TEST(MountForEverybody, ShowsTimes) {
    NodeTree tree;
    auto content = constant_attribute("1");
    content.changed = NodeTree::Stamp{std::chrono::seconds{1'780'000'000} + std::chrono::nanoseconds{5}};
    tree.add_file(NodeTree::root, "file", content);
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    const auto its = mounted.serve([&] { return stat_of(mounted.path("file")); });
    EXPECT_EQ(its.st_ctim.tv_sec, 1'780'000'000);
    EXPECT_EQ(its.st_ctim.tv_nsec, 5);
    EXPECT_EQ(its.st_mtim.tv_nsec, 5);
}

/// Very many files that are not there until somebody asks; their keys have gaps.
class Many final : public NodeTree::Folder {
public:
    std::optional<Key> find(std::string_view name) const override {
        for (auto key = first_from(0); key; key = first_from(*key + 1))
            if (name_of(*key) == name) return key;
        return std::nullopt;
    }
    std::optional<Key> first_from(Key least) const override {
        const auto key = (least + gap - 1) / gap * gap;
        return key < count * gap ? std::optional{key} : std::nullopt;
    }
    std::optional<NodeTree::Item> item(Key key) const override {
        return NodeTree::Item{
            .kind = NodeTree::Kind::file, .name = name_of(key), .content = constant_attribute(name_of(key))};
    }

    static constexpr Key count = 20'000;

private:
    static constexpr Key gap = 8;
    static std::string name_of(Key key) { return std::to_string(key / gap); }
};

TEST(MountForEverybody, ListsAFolderOfVeryManyFilesWhole) {
    NodeTree tree;
    const Many many;
    tree.add_folder(NodeTree::root, "many", many);
    Mounted mounted{tree};
    NEEDS_MOUNT(mounted);
    const auto names = mounted.serve([&] {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator{mounted.path("many")})
            all.push_back(entry.path().filename());
        return all;
    });
    ASSERT_EQ(names.size(), Many::count);
    for (std::size_t n = 0; n < names.size(); ++n) ASSERT_EQ(names[n], std::to_string(n));
    EXPECT_EQ(mounted.serve([&] { return read_file_as_programs_do(mounted.path("many/19999")).content; }),
              "19999\n");
}

}  // namespace
}  // namespace busguard::host
