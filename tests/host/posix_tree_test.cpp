#include "host/posix_tree.h"

#include "tests/host/temporary_directory.h"

#include <array>
#include <cerrno>

namespace busguard::host {
namespace {

class PosixTreeTest : public testing::Test {
protected:
    void SetUp() override {
        directory.put("bus/pci/b", "two\n");
        directory.put("bus/pci/a", "one\n");
        directory.link("bus/link", "pci/a");
        auto opened = PosixTree::open_root(directory.path());
        ASSERT_TRUE(opened);
        tree = *std::move(opened);
    }

    TemporaryDirectory directory;
    std::unique_ptr<PosixTree> tree;
};

TEST_F(PosixTreeTest, ListsNamesInOrder) {
    EXPECT_EQ(*tree->list("bus/pci"), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(*tree->list(""), std::vector<std::string>{"bus"});
    EXPECT_EQ(tree->list("bus/pci/a").error().code, Errc::unsupported);
}

TEST_F(PosixTreeTest, ReadsAndWritesAttributes) {
    EXPECT_EQ(as_text(*tree->read("bus/link")), "one\n");
    ASSERT_TRUE(tree->write("bus/pci/a", as_bytes("ONE\n")));
    EXPECT_EQ(as_text(*tree->read("bus/pci/a")), "ONE\n");
    EXPECT_EQ(tree->write("bus/pci/new", as_bytes("x")).error().code, Errc::not_found);
    EXPECT_FALSE(tree->exists("bus/pci/new"));
}

TEST_F(PosixTreeTest, BoundsWhatItReads) {
    EXPECT_EQ(tree->read("bus/pci/a", 3).error(), (Error{Errc::too_large, "file", 3}));
    EXPECT_TRUE(tree->read("bus/pci/a", 4));
    directory.put("large", std::string(100'000, 'x'));
    EXPECT_EQ(tree->read("large").error().code, Errc::too_large);
    EXPECT_EQ(tree->read("large", 100'000)->size(), 100'000U);
}

TEST_F(PosixTreeTest, TellsWhereALinkPoints) {
    EXPECT_EQ(*tree->link("bus/link"), "pci/a");
    EXPECT_EQ(tree->link("bus/pci/a").error().code, Errc::unsupported);
    EXPECT_EQ(tree->link("bus/none").error(), (Error{Errc::not_found, "link", 0, ENOENT}));
}

TEST_F(PosixTreeTest, ReadsAndWritesAtAnOffset) {
    auto file = tree->open("bus/pci/a", Access::read_write);
    ASSERT_TRUE(file);
    EXPECT_EQ(*(*file)->write_at(1, as_bytes("NE")), 2U);
    std::array<std::byte, 8> into{};
    EXPECT_EQ(*(*file)->read_at(1, into), 3U);
    EXPECT_EQ(as_text(std::span{into}.first(3)), "NE\n");
    EXPECT_EQ(*(*file)->read_at(4, into), 0U);
}

TEST_F(PosixTreeTest, RefusesPathsThatLeaveIt) {
    for (std::string_view path : {"/etc/passwd", "..", "bus/../..", "bus/./pci", "bus//pci", "bus/", "/"}) {
        EXPECT_EQ(tree->read(path).error(), (Error{Errc::bad_field, "path"})) << path;
        EXPECT_EQ(tree->list(path).error().code, Errc::bad_field) << path;
        EXPECT_EQ(tree->link(path).error().code, Errc::bad_field) << path;
        EXPECT_FALSE(tree->exists(path)) << path;
    }
    EXPECT_FALSE(tree->exists(std::string_view{"bus\0/pci", 8}));
}

TEST_F(PosixTreeTest, NamesWhatIsMissing) {
    EXPECT_EQ(tree->read("nothing").error(), (Error{Errc::not_found, "open", 0, ENOENT}));
    EXPECT_EQ(PosixTree::open_root(directory.path("nothing")).error().code, Errc::not_found);
    EXPECT_EQ(PosixTree::open_root(directory.path("bus/pci/a")).error().code, Errc::unsupported);
}

}  // namespace
}  // namespace busguard::host
