#include "host/files.h"

#include "host/clock.h"
#include "host/device_lock.h"
#include "host/posix_tree.h"
#include "host/system.h"
#include "tests/host/temporary_directory.h"

#include <sys/stat.h>

#include <array>
#include <unistd.h>

namespace busguard::host {
namespace {

using namespace std::chrono_literals;

TEST(Files, ReplacesAFileAtOnceAndWithItsMode) {
    const TemporaryDirectory directory;
    const auto path = directory.path("record");
    ASSERT_TRUE(write_file(path, as_bytes("one")));
    ASSERT_TRUE(write_file(path, as_bytes("two"), 0600));
    EXPECT_EQ(as_text(*read_file(path)), "two");
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{directory.path()}, {}),
              1);  // nothing left over
}

TEST(Files, SaysWhichFileIsWrongAndHow) {
    const TemporaryDirectory directory;
    EXPECT_EQ(read_file(directory.path("none")).error().text(),
              directory.path("none") + ": cannot be opened: No such file or directory");
    EXPECT_EQ(write_file(directory.path("none/x"), {}).error().where, directory.path("none/x"));
    directory.put("large", "12345");
    EXPECT_EQ(read_file(directory.path("large"), 4).error().message, "has more than 4 bytes");
    EXPECT_TRUE(read_file(directory.path("large"), 5));
    EXPECT_FALSE(read_file(directory.path()));
}

TEST(Files, WritesIntoWhatIsNoPlainFile) {
    ASSERT_TRUE(write_file("/dev/null", as_bytes("gone")));
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(Files, MakesDirectories) {
    const TemporaryDirectory directory;
    EXPECT_TRUE(make_directory(directory.path("a/b/c")));
    EXPECT_TRUE(make_directory(directory.path("a/b/c")));
    EXPECT_TRUE(write_file(directory.path("a/b/c/file"), {}));
    EXPECT_EQ(make_directory(directory.path("a/b/c/file")).error().message, "is not a directory");
}

TEST(DeviceLock, IsHeldByOneAtATime) {
    const TemporaryDirectory directory;
    {
        const auto first = DeviceLock::take(directory.path("lock"), "pci/0000:01:00.0");
        ASSERT_TRUE(first);
        EXPECT_EQ(DeviceLock::take(directory.path("lock"), "pci/0000:01:00.0").error(),
                  (Error{Errc::owned, "device lock"}));
        EXPECT_TRUE(DeviceLock::take(directory.path("lock"), "pci/0000:02:00.0"));
    }
    EXPECT_TRUE(DeviceLock::take(directory.path("lock"), "pci/0000:01:00.0"));
}

TEST(DeviceLock, TrustsOnlyItsOwnDirectoryAndPlainNames) {
    const TemporaryDirectory directory;
    for (std::string_view name : {"", "..", ".hidden", "a b", "a\nb"})
        EXPECT_EQ(DeviceLock::take(directory.path(), name).error().code, Errc::bad_field) << name;
    ASSERT_TRUE(make_directory(directory.path("everybody")));
    ASSERT_EQ(::chmod(directory.path("everybody").c_str(), 0777), 0);
    EXPECT_EQ(DeviceLock::take(directory.path("everybody"), "pci/x").error().code, Errc::permission);
    directory.link("link", "everybody");
    EXPECT_FALSE(DeviceLock::take(directory.path("link"), "pci/x"));
}

TEST(SystemClock, WaitsForTimeAndForDescriptors) {
    SystemClock clock;
    const auto begin = clock.now();
    clock.wait(begin + 5ms, {});
    EXPECT_GE(clock.now(), begin + 4ms);
    clock.wait(begin, {});  // is past
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const Descriptor reading{ends[0]};
    const Descriptor writing{ends[1]};
    ASSERT_EQ(::write(writing.number(), "x", 1), 1);
    const std::array readable{reading.number()};
    clock.wait(clock.now() + 60s, readable);
    EXPECT_LT(clock.now(), begin + 30s);
    EXPECT_GT(clock.calendar().time_since_epoch(), 1'700'000'000s);
}

TEST(System, ReadsTheLockdownState) {
    EXPECT_EQ(parse_lockdown("[none] integrity confidentiality\n"), Lockdown::none);
    EXPECT_EQ(parse_lockdown("none [integrity] confidentiality\n"), Lockdown::integrity);
    EXPECT_EQ(parse_lockdown("none integrity [confidentiality]\n"), Lockdown::confidentiality);
    EXPECT_EQ(parse_lockdown(""), Lockdown::unknown);
}

TEST(System, TellsWhatTheMachineAllows) {
    const TemporaryDirectory directory;
    directory.put("kernel/security/lockdown", "none [integrity] confidentiality\n");
    directory.put("class/tsm/tsm0/uevent", "");
    const auto tree = PosixTree::open_root(directory.path());
    ASSERT_TRUE(tree);
    const auto facts = system_facts(**tree);
    EXPECT_EQ(facts.lockdown, Lockdown::integrity);
    EXPECT_EQ(facts.tsms, std::vector<std::string>{"tsm0"});
    EXPECT_FALSE(facts.kernel.empty());
    EXPECT_EQ(facts.superuser, ::geteuid() == 0);
}

}  // namespace
}  // namespace busguard::host
