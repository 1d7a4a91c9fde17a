#include "host/uevents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <thread>
#include <unistd.h>

namespace busguard::host {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

/// Each line with a NUL behind it, as the kernel has it.
Bytes datagram(const std::vector<std::string_view>& lines) {
    Bytes bytes;
    for (const auto line : lines) {
        append(bytes, as_bytes(line));
        bytes.push_back(std::byte{0});
    }
    return bytes;
}

const Bytes bind_of_a_drive = datagram({"bind@/devices/pci0000:00/0000:00:01.0/0000:01:00.0", "ACTION=bind",
                                        "DEVPATH=/devices/pci0000:00/0000:00:01.0/0000:01:00.0",
                                        "SUBSYSTEM=pci", "DRIVER=nvme", "PCI_CLASS=10802", "PCI_ID=144D:A80A",
                                        "PCI_SLOT_NAME=0000:01:00.0", "MODALIAS=", "SEQNUM=1234"});

TEST(ParseUevent, ReadsTheKernelsForm) {
    const auto event = parse_uevent(bind_of_a_drive);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->action, "bind");
    EXPECT_EQ(event->path, "devices/pci0000:00/0000:00:01.0/0000:01:00.0");
    EXPECT_EQ(event->name(), "0000:01:00.0");
    EXPECT_EQ(event->subsystem, "pci");
    EXPECT_THAT(event->properties,
                ElementsAre(Pair("DRIVER", "nvme"), Pair("MODALIAS", ""), Pair("PCI_CLASS", "10802"),
                            Pair("PCI_ID", "144D:A80A"), Pair("PCI_SLOT_NAME", "0000:01:00.0"),
                            Pair("SEQNUM", "1234")));
    EXPECT_EQ(event->property("DRIVER"), "nvme");
    EXPECT_EQ(event->property("ACTION"), "") << "a member of its own";
}

TEST(ParseUevent, TakesTheLastOfAPropertyThatIsSaidTwice) {
    const auto event = parse_uevent(datagram({"change@/a", "SUBSYSTEM=pci", "X=1", "X=2=3"}));
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name(), "a");
    EXPECT_EQ(event->property("X"), "2=3");
}

TEST(ParseUevent, RefusesWhatIsCutOffAtEveryLength) {
    for (std::size_t size = 0; size < bind_of_a_drive.size(); ++size) {
        const auto event = parse_uevent(ByteView{bind_of_a_drive}.first(size));
        if (size != 0 && bind_of_a_drive[size - 1] == std::byte{0} && event) continue;  // fewer properties
        ASSERT_FALSE(event) << size;
    }
    EXPECT_EQ(parse_uevent({}).error().code, Errc::truncated);
    EXPECT_EQ(parse_uevent(as_bytes("add@/a")).error(), (Error{Errc::truncated, "uevent", 6}));
}

TEST(ParseUevent, NamesWhatIsWrong) {
    const auto error = [](const std::vector<std::string_view>& lines) {
        const auto event = parse_uevent(datagram(lines));
        return event ? Error{} : event.error();
    };
    EXPECT_EQ(error({"libudev", "x"}), (Error{Errc::unsupported, "libudev"}));
    EXPECT_EQ(error({"add /a"}), (Error{Errc::bad_field, "ACTION"}));
    EXPECT_EQ(error({"@/a"}), (Error{Errc::bad_field, "ACTION"}));
    EXPECT_EQ(error({"Add@/a"}), (Error{Errc::bad_field, "ACTION"}));
    for (const auto* path : {"add@", "add@a", "add@/", "add@/a/", "add@/a//b", "add@/../a", "add@/a/."})
        EXPECT_EQ(error({path, "SUBSYSTEM=pci"}), (Error{Errc::bad_field, "DEVPATH", 4})) << path;
    EXPECT_EQ(error({"add@/a"}), (Error{Errc::bad_field, "SUBSYSTEM"}));
    EXPECT_EQ(error({"add@/a", "SUBSYSTEM="}), (Error{Errc::bad_field, "SUBSYSTEM", 7}));
    EXPECT_EQ(error({"add@/a", "SUBSYSTEM=pci", "SUBSYSTEM=usb"}), (Error{Errc::mismatch, "SUBSYSTEM", 21}));
    EXPECT_EQ(error({"add@/a", "ACTION=remove", "SUBSYSTEM=pci"}), (Error{Errc::mismatch, "ACTION", 7}));
    EXPECT_EQ(error({"add@/a", "DEVPATH=/b", "SUBSYSTEM=pci"}), (Error{Errc::mismatch, "DEVPATH", 7}));
    EXPECT_EQ(error({"add@/a", "DEVPATH=a", "SUBSYSTEM=pci"}), (Error{Errc::mismatch, "DEVPATH", 7}));
    EXPECT_EQ(error({"add@/a", "SUBSYSTEM=pci", "no equals sign"}), (Error{Errc::bad_field, "property", 21}));
    EXPECT_EQ(error({"add@/a", "SUBSYSTEM=pci", "=value"}), (Error{Errc::bad_field, "property", 21}));
    EXPECT_EQ(error({"add@/a", "SUBSYSTEM=pci", ""}), (Error{Errc::bad_field, "property", 21}));
}

TEST(ParseUevent, IsBounded) {
    EXPECT_EQ(parse_uevent(Bytes(8193)).error().code, Errc::too_large);
    std::vector<std::string> keys;
    keys.reserve(64);
    for (int n = 0; n < 64; ++n) keys.push_back("K" + std::to_string(n) + "=");
    std::vector<std::string_view> lines{"add@/a", "SUBSYSTEM=pci"};
    lines.insert(lines.end(), keys.begin(), keys.begin() + 63);
    EXPECT_EQ(parse_uevent(datagram(lines))->properties.size(), 63U);
    lines.emplace_back(keys.back());
    EXPECT_EQ(parse_uevent(datagram(lines)).error().what, "properties");
}

/// This process's events, among those that tests beside this one cause.
std::string own_uuid() {
    const auto process = std::to_string(::getpid());
    return std::string(8 - process.size(), '0') + process + "-0000-4000-8000-000000000000";
}

/// Has the kernel say "change" of /dev/null, which means nothing to anybody.
bool say_change() {
    const Descriptor file{::open("/sys/devices/virtual/mem/null/uevent", O_WRONLY | O_CLOEXEC)};
    const auto text = "change " + own_uuid();
    return file && ::write(file.number(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::vector<Uevent> own(const Uevents& heard) {
    std::vector<Uevent> events;
    std::ranges::copy_if(heard.events, std::back_inserter(events),
                         [](const auto& event) { return event.property("SYNTH_UUID") == own_uuid(); });
    return events;
}

/// With the kernel, as far as this process may.
class NetlinkUeventsTest : public testing::Test {
protected:
    void SetUp() override {
        auto source = NetlinkUevents::listen({"mem"});
        if (!source) GTEST_SKIP() << "NOT TESTED: no uevents here: " << source.error().what;
        mem_ = *std::move(source);
        if (!say_change())
            GTEST_SKIP() << "NOT TESTED: may not write to /sys/devices/virtual/mem/null/uevent";
        pollfd waiting{.fd = mem_->descriptor(), .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, 1000) != 1)
            GTEST_SKIP() << "NOT TESTED: the kernel's uevents do not come here";
        const auto first = mem_->take();
        ASSERT_TRUE(first);
        ASSERT_EQ(own(*first).size(), 1U);
    }

    std::unique_ptr<NetlinkUevents> mem_;
};

TEST_F(NetlinkUeventsTest, HearsTheKernel) {
    ASSERT_TRUE(say_change());
    const auto events = own(*mem_->take());
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].action, "change");
    EXPECT_EQ(events[0].path, "devices/virtual/mem/null");
    EXPECT_EQ(events[0].name(), "null");
    EXPECT_EQ(events[0].subsystem, "mem");
    EXPECT_EQ(events[0].property("DEVNAME"), "null");
    EXPECT_NE(events[0].property("SEQNUM"), "");
    EXPECT_THAT(own(*mem_->take()), IsEmpty()) << "and does not wait";
}

TEST_F(NetlinkUeventsTest, KeepsOnlyTheSubsystemsThatWereAskedFor) {
    auto pci = NetlinkUevents::listen({"pci", "tsm"});
    auto all = NetlinkUevents::listen({});
    ASSERT_TRUE(pci && all);
    ASSERT_TRUE(say_change());
    EXPECT_THAT((*pci)->take()->events, Not(Contains(Field(&Uevent::subsystem, "mem"))));
    EXPECT_THAT(own(*(*all)->take()), SizeIs(1));
}

TEST_F(NetlinkUeventsTest, SaysThatSomeWereLost) {
    auto small = NetlinkUevents::listen({"mem"}, 0);  // the kernel's smallest buffer
    ASSERT_TRUE(small);
    for (int n = 0; n < 64; ++n) ASSERT_TRUE(say_change());
    const auto taken = (*small)->take();
    ASSERT_TRUE(taken);
    EXPECT_TRUE(taken->lost);
    EXPECT_LT(taken->events.size(), 64U);
    // Once no other test fills the buffer: one beside this may do so for longer than a hundred turns without
    // a pause.
    bool goes_on = false;
    for (int n = 0; n < 500 && !goes_on; ++n) {
        if (n > 0) std::this_thread::sleep_for(std::chrono::milliseconds{10});
        ASSERT_TRUE((*small)->take());
        ASSERT_TRUE(say_change());
        const auto later = (*small)->take();
        goes_on = !later->lost && own(*later).size() == 1;
    }
    EXPECT_TRUE(goes_on);
}

TEST_F(NetlinkUeventsTest, TakesABoundedNumberAtOnce) {
    constexpr auto more = NetlinkUevents::most_at_once + 10;
    for (std::size_t n = 0; n < more; ++n) ASSERT_TRUE(say_change());
    std::size_t count = 0;
    for (int turn = 0; turn < 100 && count < more; ++turn) {
        const auto taken = mem_->take();
        ASSERT_TRUE(taken);
        if (taken->lost) GTEST_SKIP() << "NOT TESTED: the buffer cannot be raised here";
        EXPECT_LE(taken->events.size(), NetlinkUevents::most_at_once);
        count += own(*taken).size();
    }
    EXPECT_EQ(count, more);
}

/// A process that may speak on the netlink.
class Forger {
public:
    Forger() : socket_{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)} {}

    /// To a group, or (0) to the kernel.
    bool send(ByteView bytes, unsigned group) const {
        sockaddr_nl to{.nl_family = AF_NETLINK, .nl_groups = group};
        const auto* generic = reinterpret_cast<const sockaddr*>(&to);  // NOLINT(*-reinterpret-cast)
        return ::sendto(socket_.number(), bytes.data(), bytes.size(), 0, generic, sizeof to) ==
               static_cast<ssize_t>(bytes.size());
    }
    /// The kernel passes it on from its own address.
    bool send_through_the_kernel(ByteView bytes) const {
        nlmsghdr header{};
        header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + bytes.size());
        header.nlmsg_type = NLMSG_MIN_TYPE;
        header.nlmsg_flags = NLM_F_REQUEST;
        Bytes message(NLMSG_HDRLEN);
        std::memcpy(message.data(), &header, sizeof header);
        append(message, bytes);
        return send(message, 0);
    }

private:
    Descriptor socket_;
};

/// Who believes everybody hears `text` so often, and from the kernel's address so often.
std::pair<int, int> heard_by_the_trusting(int socket, std::string_view text) {
    std::pair<int, int> heard{0, 0};
    std::array<std::byte, 8192> buffer{};
    sockaddr_nl from{};
    socklen_t length = sizeof from;
    auto* generic = reinterpret_cast<sockaddr*>(&from);  // NOLINT(*-reinterpret-cast)
    for (ssize_t size = 0;
         (size = ::recvfrom(socket, buffer.data(), buffer.size(), MSG_DONTWAIT, generic, &length)) > 0;) {
        const auto said = as_text(ByteView{buffer}.first(static_cast<std::size_t>(size)));
        if (said.find(text) == std::string_view::npos) continue;
        ++heard.first;
        heard.second += from.nl_pid == 0 ? 1 : 0;
    }
    return heard;
}

TEST_F(NetlinkUeventsTest, IgnoresWhatIsNotTheKernels) {
    const auto mark = "FORGED=" + own_uuid();
    const auto forged = datagram({"change@/devices/virtual/mem/null", "ACTION=change",
                                  "DEVPATH=/devices/virtual/mem/null", "SUBSYSTEM=mem", mark});
    const Descriptor trusting{
        ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
    sockaddr_nl group{.nl_family = AF_NETLINK, .nl_groups = 1};
    const auto* generic = reinterpret_cast<const sockaddr*>(&group);  // NOLINT(*-reinterpret-cast)
    ASSERT_EQ(::bind(trusting.number(), generic, sizeof group), 0);

    const Forger forger;
    if (!forger.send(forged, 1) || !forger.send_through_the_kernel(forged))
        GTEST_SKIP() << "NOT TESTED: may not send uevents";
    EXPECT_EQ(heard_by_the_trusting(trusting.number(), mark), (std::pair{2, 1}));
    ASSERT_TRUE(say_change());
    const auto taken = mem_->take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(own(*taken).size(), 1U) << "the kernel's";
    for (const auto& event : taken->events) EXPECT_EQ(event.property("FORGED"), "");
}

}  // namespace
}  // namespace busguard::host
