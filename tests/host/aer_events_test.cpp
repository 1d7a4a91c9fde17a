#include "host/aer_events.h"

#include "host/files.h"
#include "host/joined_events.h"
#include "tests/host/temporary_directory.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace busguard::host {
namespace {

/// As trace_pipe shows them (a 7.2 kernel, lab/tsm).
constexpr std::string_view fatal =
    "     irq/24-aerdrv-84      [000] .....    31.084711: aer_event: 0000:01:00.0 PCIe Bus Error: "
    "severity=Fatal, "
    "IDE Check Failed, TLP Header=Not available\n";
constexpr std::string_view uncorrected =
    "  kworker/0:1-9       [001] d.h..     5.000001: aer_event: 10000:02:1f.7 PCIe Bus Error: "
    "severity=Uncorrected, non-fatal, Completion Timeout, TLP Header={0x1,0x2,0x3,0x4}\n";
constexpr std::string_view corrected =
    "  <idle>-0       [001] d.h..     5.000001: aer_event: 0000:02:00.0 PCIe Bus Error: severity=Corrected, "
    "Bad TLP, TLP Header=Not available\n";

TEST(AerEvent, IsWhatTheKernelSaysWhenItRecovers) {
    const auto event = aer_event_from_line(fatal);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->action, "change");
    EXPECT_EQ(event->subsystem, "pci");
    EXPECT_EQ(event->name(), "0000:01:00.0");
    EXPECT_EQ(event->property("ERROR_EVENT"), "FATAL");
    const auto other = aer_event_from_line(uncorrected);
    ASSERT_TRUE(other);
    EXPECT_EQ(other->name(), "10000:02:1f.7");
    EXPECT_EQ(other->property("ERROR_EVENT"), "UNCORRECTED");
    EXPECT_FALSE(aer_event_from_line(corrected));
}

TEST(AerEvent, IsNothingElse) {
    for (const auto* line :
         {"", "aer_event: ", "aer_event: 0000:01:00.0", "aer_event: ../.. PCIe Bus Error: severity=Fatal",
          "aer_event: 0000:01:00.0 PCIe Bus Error: severity=", "0000:01:00.0 PCIe Bus Error: severity=Fatal",
          "mc_event: 0000:01:00.0 PCIe Bus Error: severity=Fatal"})
        EXPECT_FALSE(aer_event_from_line(line)) << line;
    // A process may have any name.
    const auto event =
        aer_event_from_line("aer_event: a-1 [0] 1.0: " + std::string{fatal.substr(fatal.find("aer_event"))});
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name(), "0000:01:00.0");
}

/// A tracefs of files, whose pipe is one.
class AerEventsTest : public testing::Test {
protected:
    AerEventsTest() {
        directory.put("instances/busguard/events/ras/aer_event/enable", std::string_view{"0"});
        directory.put("instances/busguard/events/ras/aer_event/filter", std::string_view{""});
        EXPECT_EQ(::mkfifo(path("trace_pipe").c_str(), 0600), 0);
        kernel = Descriptor{::open(path("trace_pipe").c_str(), O_RDWR | O_CLOEXEC)};
    }
    std::string path(const std::string& name) const { return directory.path("instances/busguard/" + name); }
    void say(std::string_view text) const {
        EXPECT_EQ(::write(kernel.number(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    std::string switched() const {
        return std::string{as_text(*read_file(path("events/ras/aer_event/enable")))};
    }
    static bool is_readable(int descriptor) {
        pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
        return ::poll(&one, 1, 0) == 1;
    }

    TemporaryDirectory directory;
    Descriptor kernel;
};

TEST_F(AerEventsTest, AreTakenAsTheyComeAndSwitchedOffAtTheEnd) {
    {
        const auto events = AerEvents::listen(directory.path());
        ASSERT_TRUE(events) << events.error().what;
        EXPECT_EQ(switched(), "1");
        EXPECT_EQ(as_text(*read_file(path("events/ras/aer_event/filter"))), "severity != 2");
        EXPECT_FALSE(is_readable((*events)->descriptor()));
        EXPECT_TRUE((*events)->take()->events.empty());
        say(corrected);
        say(fatal);
        say(uncorrected.substr(0, 70));
        EXPECT_TRUE(is_readable((*events)->descriptor()));
        auto taken = (*events)->take();
        ASSERT_EQ(taken->events.size(), 1U);
        EXPECT_FALSE(taken->lost);
        say(uncorrected.substr(70));
        taken = (*events)->take();
        ASSERT_EQ(taken->events.size(), 1U);
        EXPECT_EQ(taken->events[0].name(), "10000:02:1f.7");
    }
    EXPECT_EQ(switched(), "0");
}

// One device's storm is no reason to look at all of them again.
TEST_F(AerEventsTest, ThatWereLostAreNotMissed) {
    const auto events = *AerEvents::listen(directory.path());
    say("CPU:1 [LOST 17 EVENTS]\n");
    say(fatal);
    auto taken = events->take();
    EXPECT_FALSE(taken->lost);
    EXPECT_EQ(taken->events.size(), 1U);
    say(std::string(5000, 'x'));  // no line of the kernel's is so long
    EXPECT_TRUE(events->take()->events.empty());
    say("\n");
    say(fatal);
    EXPECT_EQ(events->take()->events.size(), 1U) << "it goes on behind it";
}

TEST_F(AerEventsTest, NeedATracepoint) {
    EXPECT_EQ(AerEvents::listen(directory.path("nowhere")).error().code, Errc::not_found);
    EXPECT_EQ(AerEvents::listen(directory.path(), "../other").error().code, Errc::not_found);
    ASSERT_EQ(::unlink(path("events/ras/aer_event/enable").c_str()), 0);
    EXPECT_EQ(AerEvents::listen(directory.path()).error().code, Errc::not_found);
}

class Scripted final : public UeventSource {
public:
    explicit Scripted(int descriptor) : descriptor_{descriptor} {}
    Result<Uevents> take() override {
        if (fails) return fail(Errc::system, "scripted");
        return std::exchange(next, {});
    }
    int descriptor() const override { return descriptor_; }

    Uevents next;
    bool fails = false;

private:
    int descriptor_;
};

/// Fails, while there is something to read.
class Failing final : public UeventSource {
public:
    explicit Failing(const std::string& path)
        : file_{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)} {}
    Result<Uevents> take() override { return fail(Errc::system, "scripted"); }
    int descriptor() const override { return file_.number(); }

private:
    Descriptor file_;
};

TEST_F(AerEventsTest, AreJoinedWithTheOtherEvents) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    const Descriptor read_end{ends[0]}, write_end{ends[1]};
    auto made = std::make_unique<Scripted>(read_end.number());
    auto& first = *made;
    const auto both = JoinedEvents::of(std::move(made), *AerEvents::listen(directory.path()));
    ASSERT_TRUE(both);
    EXPECT_FALSE(is_readable((*both)->descriptor()));
    say(fatal);
    EXPECT_TRUE(is_readable((*both)->descriptor()));
    first.next.events.push_back({.action = "add", .path = "devices/a", .subsystem = "pci", .properties = {}});
    const auto taken = (*both)->take();
    ASSERT_EQ(taken->events.size(), 2U);
    EXPECT_EQ(taken->events[0].action, "add");
    EXPECT_EQ(taken->events[1].action, "change");
    EXPECT_FALSE(is_readable((*both)->descriptor()));
    ASSERT_EQ(::write(write_end.number(), "x", 1), 1);
    EXPECT_TRUE(is_readable((*both)->descriptor()));
    first.fails = true;
    EXPECT_FALSE((*both)->take());
}

TEST_F(AerEventsTest, ThatCannotBeHadAnyMoreWakeNobody) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    const Descriptor read_end{ends[0]}, write_end{ends[1]};
    auto failing = std::make_unique<Failing>(directory.path("instances/busguard/trace_pipe"));
    const auto both = *JoinedEvents::of(std::make_unique<Scripted>(read_end.number()), std::move(failing));
    say(fatal);
    EXPECT_TRUE(is_readable(both->descriptor()));
    EXPECT_TRUE(both->take());
    EXPECT_FALSE(is_readable(both->descriptor()));
    EXPECT_TRUE(both->take());
}

}  // namespace
}  // namespace busguard::host
