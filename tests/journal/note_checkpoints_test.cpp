#include "journal/note_checkpoints.h"

#include "base/hex.h"
#include "tests/journal/support.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"

#include <gmock/gmock.h>

namespace busguard::journal {
namespace {

constexpr std::string_view origin = "log.example/host-1";

tlog::NoteSigner signer_named(std::string_view name) {
    return *tlog::NoteSigner::make(std::string{name}, *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
}

class Calendar final : public Clock {
public:
    Time now() const override { return {}; }
    std::chrono::sys_seconds calendar() const override { return when; }
    void wait(Time, std::span<const int>) override {}

    std::chrono::sys_seconds when = test::noon;
};

class NoteCheckpoints : public testing::Test {
protected:
    tlog::NoteSigner key = signer_named(origin);
    NoteCheckpointSigner signer{key};
    NoteReader reader{key.verifier()};
    host::TemporaryDirectory published, kept;
    std::unique_ptr<host::DirectoryFiles> files = *host::DirectoryFiles::open(published.path());

    std::unique_ptr<Journal> open() {
        return *Journal::open(kept.path("journal.db"), *files, signer, reader);
    }
};

TEST_F(NoteCheckpoints, AreSignedNotesOfTheLogsName) {
    auto journal = open();
    ASSERT_TRUE(journal->publish());
    const auto note = *files->read("checkpoint", largest_checkpoint);
    EXPECT_THAT(std::string{as_text(note)},
                testing::StartsWith("log.example/host-1\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
                                    "\u2014 log.example/host-1 "));
}

TEST_F(NoteCheckpoints, MayHaveTheLinesOfWitnesses) {
    const tlog::TreeHead head{1, {}};
    auto note = *tlog::note_from_text(as_text(*signer.sign(head)));
    const auto witness =
        *tlog::Cosigner::make("witness.example/w", *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    note.signatures.push_back(*witness.cosign(note.text, test::noon));
    EXPECT_EQ(*reader.read(as_bytes(tlog::to_text(note))), head);
}

TEST_F(NoteCheckpoints, MayHaveASecondLineOfTheLogsOwn) {
    const tlog::TreeHead head{1, {}};
    const auto second =
        *tlog::Cosigner::make(std::string{origin}, *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    Calendar clock;
    NoteCheckpointSigner both{key, second, clock};
    const auto note = *tlog::note_from_text(as_text(*both.sign(head)));
    const std::vector keys{second.verifier(), key.verifier()};
    EXPECT_EQ(*tlog::verify(note, keys), (std::vector<tlog::Match>{{0, 1}, {1, 0}}));
    EXPECT_EQ(*tlog::cosignature_time(note.signatures[1].signature), test::noon);
    EXPECT_EQ(*reader.read(as_bytes(tlog::to_text(note))), head) << "for whom the first line counts";
    clock.when = {};
    EXPECT_EQ(tlog::note_from_text(as_text(*both.sign(head)))->signatures.size(), 1U) << "it knows no time";
    EXPECT_EQ(
        tlog::note_from_text(as_text(*NoteCheckpointSigner(key, {}, clock).sign(head)))->signatures.size(),
        1U);

    const auto beside = vkeys_beside(*files, key.verifier(), &second.verifier());
    ASSERT_TRUE(beside);
    EXPECT_THAT(beside->usable, testing::ElementsAre(second.verifier(), key.verifier()));
    EXPECT_EQ(beside->text, second.verifier().to_text() + "\n" + key.verifier().to_text() + "\n");
    // What this OpenSSL cannot use stays in the file.
    const auto unknown = "a+00000000+" + to_base64(Bytes(33, std::byte{0x7f})) + "\n";
    published.put(std::string{vkeys_path}, unknown + signer_named("old.example").verifier().to_text() + "\n");
    const auto after = vkeys_beside(*files, key.verifier());
    ASSERT_TRUE(after);
    EXPECT_EQ(after->usable.size(), 2U);
    EXPECT_TRUE(after->text.starts_with(unknown));
    EXPECT_TRUE(after->text.ends_with(key.verifier().to_text() + "\n"));
}

// A log that signs by what this machine's OpenSSL has not is read by its other keys.
TEST(VkeysFromText, PassesOverWhatCannotVouchHere) {
    const auto known = signer_named(origin).verifier().to_text();
    const auto unknown = "a+00000000+" + to_base64(Bytes(33, std::byte{0x7f}));
    const auto read = vkeys_from_text(unknown + "\n" + known + "\n", "log.vkey");
    ASSERT_TRUE(read) << read.error().text();
    ASSERT_EQ(read->size(), 1U);
    EXPECT_EQ(read->front().to_text(), known);
    EXPECT_THAT(vkeys_from_text(unknown + "\n", "log.vkey").error().text(),
                testing::HasSubstr("no key in it that can be used here"));
    EXPECT_FALSE(vkeys_from_text(known + "\na+zz\n", "log.vkey")) << "what is no vkey is no vkey";
}

TEST_F(NoteCheckpoints, OfOthersAreRefused) {
    const tlog::TreeHead head{1, {}};
    EXPECT_EQ(*reader.read(*signer.sign(head)), head);
    EXPECT_EQ(reader.read(*NoteCheckpointSigner{signer_named(origin)}.sign(head)).error().code,
              Errc::not_found);
    EXPECT_EQ(reader.read(*NoteCheckpointSigner{signer_named("other.example")}.sign(head)).error().code,
              Errc::not_found);
    // Signed by this log's key, of another log.
    tlog::Note foreign{.text = tlog::to_text(tlog::Checkpoint{.origin = "other.example", .head = head})};
    foreign.signatures.push_back(*key.sign(foreign.text));
    EXPECT_EQ(reader.read(as_bytes(tlog::to_text(foreign))).error(), (Error{Errc::mismatch, "origin"}));
    auto changed = *signer.sign(head);
    changed.at(origin.size() + 1) ^= std::byte{3};  // the size: 2
    EXPECT_EQ(reader.read(changed).error().code, Errc::crypto);
    EXPECT_FALSE(reader.read({}));
}

}  // namespace
}  // namespace busguard::journal
