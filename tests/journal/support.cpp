#include "tests/journal/support.h"

#include "base/hex.h"
#include "crypto/hash.h"

#include <charconv>
#include <filesystem>

namespace busguard::journal::test {
namespace fs = std::filesystem;

std::string TestKey::tag_of(std::string_view text) const {
    return to_hex(crypto::digest(crypto::Hash::sha_256, {as_bytes(secret_), as_bytes(text)}));
}

Result<Bytes> TestKey::sign(const TreeHead& head) {
    if (broken) return fail(Errc::crypto, "signature");
    const auto said = lie.value_or(head);
    signatures[said.size].insert(said.root);
    if (told) told(said);
    const auto text = "test log\n" + std::to_string(said.size) + "\n" + to_base64(said.root) + "\n";
    return to_bytes(as_bytes(text + "\nsigned " + tag_of(text) + "\n"));
}

Result<TreeHead> TestKey::read(ByteView note) {
    const auto whole = as_text(note);
    const auto end = whole.find("\n\n");
    if (end == std::string_view::npos) return fail(Errc::truncated, "checkpoint");
    const auto text = whole.substr(0, end + 1);
    if (!whole.substr(end + 2).starts_with("signed " + tag_of(text) + "\n"))
        return fail(Errc::crypto, "signature");
    const auto size = text.substr(text.find('\n') + 1);
    TreeHead head;
    std::from_chars(size.data(), size.data() + size.size(), head.size);
    const auto line = size.substr(size.find('\n') + 1);
    const auto root = from_base64(line.substr(0, line.size() - 1));
    if (!root || root->size() != 32) return fail(Errc::bad_field, "root");
    std::ranges::copy(*root, head.root.begin());
    return head;
}

Bytes entry(std::uint64_t number) {
    auto text = "entry " + std::to_string(number) + " ";
    text.append(number % 41, '.');
    return to_bytes(as_bytes(text));
}

void TestLog::open() {
    close();
    auto opened = Journal::open(database(), *files, key, key);
    ASSERT_TRUE(opened) << opened.error().text();
    journal = *std::move(opened);
}

std::optional<Problem> TestLog::refusal() {
    const auto opened = Journal::open(database(), *files, key, key);
    if (opened) return std::nullopt;
    return opened.error();
}

void TestLog::append(std::uint64_t from, std::uint64_t to, std::chrono::sys_seconds now) const {
    std::vector<Bytes> bytes;
    std::vector<Entry> entries;
    for (auto number = from; number < to; ++number) bytes.push_back(entry(number));
    for (const auto& one : bytes) entries.push_back({one, {}});
    const auto first = journal->append(entries, now);
    ASSERT_TRUE(first) << in_words(first.error());
    EXPECT_EQ(*first, from);
}

void TestLog::grow(std::uint64_t size) const {
    append(*journal->first_since(std::chrono::sys_seconds::max()), size);
    const auto head = journal->publish();
    ASSERT_TRUE(head) << in_words(head.error());
    EXPECT_EQ(head->size, size);
}

Fsck TestLog::check(std::uint64_t minimum) { return fsck(*files, key, minimum); }

void TestLog::back_up_database() const {
    fs::copy_file(database(), database() + ".backup", fs::copy_options::overwrite_existing);
}

void TestLog::restore_database() const {
    for (const auto* more : {"-wal", "-journal"}) fs::remove(database() + more);
    fs::copy_file(database() + ".backup", database(), fs::copy_options::overwrite_existing);
}

std::string all_problems(const Fsck& found) {
    std::string all;
    for (const auto& problem : found.problems) all.append(problem.text()).append("\n");
    return all;
}

}  // namespace busguard::journal::test
