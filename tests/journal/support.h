#pragma once

#include "journal/fsck.h"
#include "journal/journal.h"
#include "tests/host/temporary_directory.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <set>

namespace busguard::journal::test {

using tlog::TreeHash;
using tlog::TreeHead;

/// A log's key as tests need it: it remembers everything that it ever signed. A checkpoint is "test log", the
/// size, the root in base64 and, after an empty line, "signed" and a hash over those with the key.
class TestKey final : public CheckpointSigner, public CheckpointReader {
public:
    explicit TestKey(std::string secret = "key") : secret_{std::move(secret)} {}

    Result<Bytes> sign(const TreeHead& head) override;
    Result<TreeHead> read(ByteView note) override;

    /// By size. A log that is not honest has more than one root at a size.
    std::map<std::uint64_t, std::set<TreeHash>> signatures;
    /// Set: signs this instead of what it is asked for.
    std::optional<TreeHead> lie;
    /// Set: does not sign.
    bool broken = false;
    /// Called with all that is signed, before anybody has it.
    std::function<void(const TreeHead&)> told;

private:
    std::string tag_of(std::string_view text) const;

    std::string secret_;
};

/// Bytes that differ for every number.
Bytes entry(std::uint64_t number);
inline constexpr std::chrono::sys_seconds noon{std::chrono::seconds{1'800'000'000}};

/// A log in a directory of its own, closed and opened again as wanted.
class TestLog {
public:
    TestLog() { open(); }

    /// Fails the test if it cannot be opened.
    void open();
    std::optional<Problem> refusal();  ///< of an attempt to open it
    void close() { journal.reset(); }

    /// Appends entries number `from` to before `to`.
    void append(std::uint64_t from, std::uint64_t to, std::chrono::sys_seconds now = noon) const;
    /// Appends up to `size` entries in all, and publishes.
    void grow(std::uint64_t size) const;
    Fsck check(std::uint64_t minimum = 0);

    std::string database() const { return database_.path("journal.db"); }
    /// Copies of both, and back.
    void back_up_database() const;
    void restore_database() const;

    host::TemporaryDirectory directory;
    std::unique_ptr<host::DirectoryFiles> files = *host::DirectoryFiles::open(directory.path());
    TestKey key;
    std::unique_ptr<Journal> journal;

private:
    host::TemporaryDirectory database_;
};

std::string all_problems(const Fsck& found);

}  // namespace busguard::journal::test
