#include "host/node_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <charconv>

namespace busguard::host {
namespace {

using testing::ElementsAre;

constexpr auto root = NodeTree::root;

/// A folder of numbered files that hold their own name, and of a link to the first: "0", "1", …, "link".
class Numbers final : public NodeTree::Folder {
public:
    explicit Numbers(Key first, Key count) : first_{first}, count_{count} {}

    void purge(Key up_to) { first_ = up_to; }

    std::optional<Key> find(std::string_view name) const override {
        if (name == "link") return link;
        Key key = 0;
        const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), key);
        if (error != std::errc{} || stop != name.data() + name.size()) return std::nullopt;
        return item(key) ? std::optional{key} : std::nullopt;
    }
    std::optional<Key> first_from(Key least) const override {
        const auto key = std::max(least, first_);
        if (key < count_) return key;
        return least <= link ? std::optional{link} : std::nullopt;
    }
    std::optional<NodeTree::Item> item(Key key) const override {
        if (key == link)
            return NodeTree::Item{.kind = NodeTree::Kind::link,
                                  .name = "link",
                                  .target = "../numbers/" + std::to_string(first_)};
        if (key < first_ || key >= count_) return std::nullopt;
        return NodeTree::Item{.kind = NodeTree::Kind::file,
                              .name = std::to_string(key),
                              .content = constant_attribute(std::to_string(key))};
    }

private:
    static constexpr Key link = key_limit - 1;
    Key first_, count_;
};

TEST(NodeTree, TellsWhoCannotWaitThatAWriteTakesItsTime) {
    NodeTree tree;
    NodeTree::Written done;
    bool at_once = false;
    NodeTree::Content content;
    content.write_later = [&](std::uint64_t, ByteView bytes, NodeTree::Written finished) {
        if (at_once)
            finished(bytes.size());
        else
            done = std::move(finished);
    };
    tree.add_file(root, "slow", content);
    const auto early = tree.write("slow", as_bytes("re"));
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error(), (Error{Errc::not_ready, "write", 0, EAGAIN}));
    EXPECT_EQ(to_errno(early.error()), EAGAIN);
    done(2);  // nobody asks any more, and nothing breaks
    at_once = true;
    EXPECT_TRUE(tree.write("slow", as_bytes("re")));
}

TEST(NodeTree, HandsAWriteItsAnswerWhenItIsThere) {
    NodeTree tree;
    NodeTree::Written done;
    NodeTree::Content content;
    content.write_later = [&](std::uint64_t, ByteView, NodeTree::Written finished) {
        done = std::move(finished);
    };
    const auto file = tree.add_file(root, "slow", content);
    std::vector<Result<std::size_t>> said;
    const auto listen = [&](Result<std::size_t> taken) { said.push_back(taken); };
    tree.write_at(file, 0, as_bytes("re"), listen);
    EXPECT_TRUE(said.empty());
    tree.remove(file);  // the device goes meanwhile
    done(fail(Errc::disconnected, "device", 0, ENODEV));
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(to_errno(said[0].error()), ENODEV);
    tree.write_at(file, 0, as_bytes("re"), listen);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[1].error().code, Errc::not_found);
}

TEST(NodeTree, OpensOnlyWhatThereIsAFunctionFor) {
    NodeTree tree;
    const auto read = tree.add_file(root, "read", constant_attribute("1"));
    const auto write = tree.add_file(root, "write", command_attribute([](auto) { return Result<void>{}; }));
    NodeTree::Content slow;
    slow.write_later = [](std::uint64_t, ByteView, const NodeTree::Written&) {};
    const auto later = tree.add_file(root, "later", slow);
    EXPECT_TRUE(tree.can_open(read, Access::read));
    EXPECT_EQ(to_errno(tree.can_open(read, Access::write).error()), EACCES);
    EXPECT_EQ(to_errno(tree.can_open(read, Access::read_write).error()), EACCES);
    EXPECT_TRUE(tree.can_open(write, Access::write));
    EXPECT_EQ(to_errno(tree.can_open(write, Access::read).error()), EACCES);
    EXPECT_TRUE(tree.can_open(later, Access::write));
    EXPECT_EQ(to_errno(tree.can_open(root, Access::read).error()), EISDIR);
    EXPECT_EQ(tree.can_open(999, Access::read).error().code, Errc::not_found);
}

// As kernfs does it (fs/kernfs/file.c, seq_file): a longer or shorter text in between is no mixture.
TEST(NodeTree, LetsWhoReadsATextReadOnInIt) {
    NodeTree tree;
    std::string value = "first";
    tree.add_file(root, "file", text_attribute([&value] { return value; }));
    const auto open = *tree.open("file", Access::read);
    const auto read = [&open](std::uint64_t offset, std::size_t length) {
        Bytes into(length);
        into.resize(*open->read_at(offset, into));
        return std::string{as_text(into)};
    };
    EXPECT_EQ(read(0, 2), "fi");
    value = "a second, longer one";
    EXPECT_EQ(read(2, 100), "rst\n");
    EXPECT_EQ(read(6, 100), "");
    EXPECT_EQ(read(0, 2), "a ");
    value = "x";
    EXPECT_EQ(read(2, 100), "second, longer one\n");
    EXPECT_EQ(as_text(*tree.read("file")), "x\n");
    tree.remove(*tree.child(root, "file"));
    Bytes into(9);
    EXPECT_EQ(open->read_at(2, into).error().code, Errc::disconnected)
        << "its text is there, the device is not";
}

TEST(NodeTree, ShowsSizesAndTimes) {
    NodeTree tree;
    const NodeTree::Stamp when{std::chrono::seconds{7} + std::chrono::nanoseconds{9}};
    auto content = constant_attribute("1");
    content.changed = when;
    const auto file = tree.add_file(root, "file", content);
    const auto directory = tree.add_directory(root, "directory", when);
    EXPECT_EQ(tree.attributes(file)->size, 4096U);
    EXPECT_EQ(tree.attributes(file)->changed, when);
    EXPECT_EQ(tree.attributes(directory)->changed, when);
    tree.set_size(file, 3);
    EXPECT_EQ(tree.attributes(file)->size, 3U);
    tree.set_size(999, 3);
}

TEST(Folder, AnswersForItsEntriesLikeADirectory) {
    NodeTree tree;
    const Numbers numbers{8, 12};
    tree.add_file(root, "after", constant_attribute("x"));
    const auto folder = tree.add_folder(root, "numbers", numbers);
    EXPECT_EQ(tree.add_folder(root, "numbers", numbers), folder) << "it is there already";
    EXPECT_THAT(*tree.list("numbers"), ElementsAre("10", "11", "8", "9", "link"));
    EXPECT_EQ(as_text(*tree.read("numbers/10")), "10\n");
    EXPECT_EQ(*tree.link("numbers/link"), "../numbers/8");
    EXPECT_EQ(as_text(*tree.read("numbers/link")), "8\n") << "the link is followed";
    EXPECT_EQ(tree.read("numbers/7").error().code, Errc::not_found);
    EXPECT_EQ(tree.read("numbers/10/x").error().code, Errc::not_found);
    EXPECT_EQ(tree.list("numbers/10").error().detail, static_cast<unsigned>(ENOTDIR));
    EXPECT_EQ(tree.write("numbers/10", as_bytes("x")).error().code, Errc::permission);

    const auto ten = *tree.child(folder, "10");
    EXPECT_GE(ten, NodeTree::Folder::key_limit) << "not the number of any node of the tree's own";
    EXPECT_EQ(tree.path(ten), "numbers/10");
    EXPECT_EQ(tree.attributes(ten)->mode, 0444U);
    EXPECT_EQ(tree.target(ten).error().detail, static_cast<unsigned>(EINVAL));
    EXPECT_EQ(tree.attributes(ten + 1000).error().code, Errc::not_found);

    tree.remove(folder);
    EXPECT_EQ(tree.attributes(ten).error().code, Errc::not_found);
    EXPECT_FALSE(tree.exists("numbers"));
    const auto again = tree.add_folder(root, "numbers", numbers);
    EXPECT_NE(*tree.child(again, "10"), ten) << "a number is never given again";
}

TEST(Folder, TellsWhoHasAnEntryOpenThatItIsPurged) {
    NodeTree tree;
    Numbers numbers{0, 4};
    tree.add_folder(root, "numbers", numbers);
    const auto open = tree.open("numbers/1", Access::read);
    ASSERT_TRUE(open);
    std::array<std::byte, 8> bytes{};
    EXPECT_EQ(*(*open)->read_at(0, bytes), 2U);
    numbers.purge(2);
    EXPECT_EQ((*open)->read_at(0, bytes).error().code, Errc::disconnected);
}

// Whoever lists a log in pieces, as readdir() does, misses nothing that is there all the time.
TEST(Folder, IsListedInPiecesWhileItsOldestArePurged) {
    NodeTree tree;
    Numbers numbers{0, 10};
    const auto folder = tree.add_folder(root, "numbers", numbers);
    const auto first = tree.entries(folder, 0, 4);
    ASSERT_EQ(first->size(), 4U);
    numbers.purge(6);
    std::vector<std::string> rest;
    const auto second = tree.entries(folder, first->back().next);
    for (const auto& entry : *second) rest.push_back(entry.name);
    EXPECT_THAT(rest, ElementsAre("6", "7", "8", "9", "link"));
    EXPECT_TRUE(tree.entries(folder, first->back().next + NodeTree::Folder::key_limit)->empty());

    for (const auto* name : {"a", "b", "c"}) tree.add_file(root, name, constant_attribute(name));
    const auto two = tree.entries(root, 0, 2);
    ASSERT_EQ(two->size(), 2U);
    EXPECT_EQ(tree.entries(root, two->back().next)->front().name, "c");
}

}  // namespace
}  // namespace busguard::host
