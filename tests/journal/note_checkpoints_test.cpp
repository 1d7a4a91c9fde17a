#include "journal/note_checkpoints.h"

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
