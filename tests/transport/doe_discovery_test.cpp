#include "transport/doe_discovery.h"

#include "tests/transport/fake_mailbox.h"

#include <gtest/gtest.h>

namespace busguard::transport {
namespace {

using namespace std::chrono_literals;

Result<std::vector<DoeProtocol>> discover(FakeMailbox& fake, std::uint8_t version = 1) {
    Discovery discovery{fake, {.offset = FakeMailbox::at, .version = version}};
    for (int polls = 0; polls < 10'000; ++polls) {
        auto progress = TRY(discovery.poll(fake.now));
        if (auto* list = std::get_if<std::vector<DoeProtocol>>(&progress)) return *list;
        fake.now = std::get<Discovery::Waiting>(progress).until;
    }
    return fail(Errc::system, "spins");
}

// Answers by `entry`, from the index asked for to the response's payload.
std::function<Bytes(ByteView)> by(std::function<Bytes(std::uint8_t)> entry) {
    return [entry = std::move(entry)](ByteView object) {
        return *encode_object(doe_discovery, entry(std::to_integer<std::uint8_t>(object[8])));
    };
}

Bytes entry(DoeProtocol protocol, std::uint8_t next) {
    return {std::byte(protocol.vendor & 0xffU), std::byte(protocol.vendor >> 8U), std::byte{protocol.type},
            std::byte{next}};
}

const std::vector<DoeProtocol> usual{doe_discovery, doe_spdm, doe_secured_spdm};

TEST(Discovery, ListsWhatTheMailboxCarries) {
    FakeMailbox fake;
    fake.latency = 300us;
    fake.answer = [](ByteView object) {
        return *encode_object(doe_discovery, *answer_discovery(object.subspan(8), usual));
    };
    const auto list = discover(fake);
    ASSERT_TRUE(list);
    EXPECT_EQ(*list, usual);
    EXPECT_EQ(std::to_integer<int>(fake.last_object[9]), 0);
}

TEST(Discovery, TellsItsVersionToNewerMailboxes) {
    FakeMailbox fake;
    fake.answer = by([](std::uint8_t) { return entry(doe_discovery, 0); });
    ASSERT_TRUE(discover(fake, 3));  // whatever its own number
    EXPECT_EQ(std::to_integer<int>(fake.last_object[9]), 2);
}

TEST(Discovery, TakesAListOfTwoHundredAndFiftySix) {
    FakeMailbox fake;
    fake.answer = by([](std::uint8_t index) {
        return entry({0x1e98, index}, static_cast<std::uint8_t>(index + 1));  // the last leads to 0
    });
    EXPECT_EQ(discover(fake)->size(), 256U);
}

TEST(Discovery, RefusesAListThatLeadsInACircle) {
    FakeMailbox fake;
    fake.answer = by([](std::uint8_t index) {
        return entry(doe_spdm, index == 3 ? 2 : static_cast<std::uint8_t>(index + 1));
    });
    EXPECT_EQ(discover(fake).error(), (Error{Errc::bad_field, "Next Index", 3, 2}));
    fake.answer = by([](std::uint8_t) { return entry(doe_spdm, 1); });
    EXPECT_EQ(discover(fake).error(), (Error{Errc::bad_field, "Next Index", 1, 1}));
}

TEST(Discovery, RefusesAnIndexWithoutEntry) {
    FakeMailbox fake;
    fake.answer = by([](std::uint8_t) { return entry({0xffff, 0xff}, 0); });
    EXPECT_EQ(discover(fake).error(), (Error{Errc::bad_field, "Vendor ID"}));
}

TEST(D27DiscoveryResponse, IsRefusedWhenTheMailboxGivesTooLittle) {
    FakeMailbox fake;
    fake.answer = by([](std::uint8_t) { return Bytes{}; });
    EXPECT_EQ(discover(fake).error(), (Error{Errc::truncated, "DOE Discovery", 0}));
}

TEST(Discovery, EndsWhenTheMailboxHangs) {
    FakeMailbox fake;
    fake.latency = 1h;
    EXPECT_EQ(discover(fake).error(), (Error{Errc::timeout, "Data Object Ready"}));
}

}  // namespace
}  // namespace busguard::transport
