#include "tlog/entry_bundle.h"

#include "base/hex.h"

#include <gtest/gtest.h>

namespace busguard::tlog {
namespace {

TEST(EntryBundle, HasEachEntryBehindItsBigEndianLength) {
    Bytes bundle;
    ASSERT_TRUE(append_entry(bundle, as_bytes("ab")));
    ASSERT_TRUE(append_entry(bundle, {}));
    ASSERT_TRUE(append_entry(bundle, Bytes(258, std::byte{7})));
    EXPECT_EQ(to_hex(bundle).substr(0, 20),
              "00026162"
              "0000"
              "0102"
              "0707");
    const auto entries = entries_of(bundle, 3);
    ASSERT_TRUE(entries);
    ASSERT_EQ(entries->size(), 3U);
    EXPECT_EQ(as_text((*entries)[0]), "ab");
    EXPECT_TRUE((*entries)[1].empty());
    EXPECT_EQ((*entries)[2].size(), 258U);
}

TEST(EntryBundle, TakesEntriesUpTo65535Bytes) {
    Bytes bundle;
    EXPECT_EQ(append_entry(bundle, Bytes(65536)).error(), (Error{Errc::too_large, "entry"}));
    EXPECT_TRUE(bundle.empty());
    for (unsigned count = 0; count < tile_width; ++count) ASSERT_TRUE(append_entry(bundle, Bytes(65535)));
    EXPECT_EQ(bundle.size(), largest_resource);
    EXPECT_EQ(entries_of(bundle, tile_width)->back().size(), 65535U);
}

TEST(EntryBundle, IsRefusedAtEveryOtherLengthAndWidth) {
    Bytes bundle;
    for (const auto* entry : {"one", "", "three"}) ASSERT_TRUE(append_entry(bundle, as_bytes(entry)));
    for (std::size_t size = 0; size < bundle.size(); ++size) {
        const auto error = entries_of(ByteView{bundle}.first(size), 3).error();
        EXPECT_EQ(error.code, Errc::truncated) << size;
        EXPECT_LE(error.offset, size);
    }
    EXPECT_EQ(entries_of(bundle, 2).error(), (Error{Errc::trailing_bytes, "entry bundle", 7}));
    EXPECT_EQ(entries_of(bundle, 4).error(), (Error{Errc::truncated, "entry length", 14}));
    EXPECT_EQ(entries_of(ByteView{bundle}.first(4), 1).error(), (Error{Errc::truncated, "entry", 2}));
    EXPECT_TRUE(entries_of({}, 0));
}

}  // namespace
}  // namespace busguard::tlog
