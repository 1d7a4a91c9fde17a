#include "base/hex.h"
#include "evidence/bundle_file.h"
#include "host/durable_files.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"
#include "logbook/entry.h"
#include "tests/evidence/support.h"
#include "tlog/cosignature.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

/// make_log DIRECTORY: logs for log_test.py and log_walk.sh.
///
///     log/, log.key, log.db    a log of one genuine device and one that ended early
///     fork/                    the same log until entry 2, then another one, under the same key
///     evidence.json            entry 1 of log/
///     planted.json             entry 3 of fork/, evidence that log/ has never heard of
///     cosigned                 the checkpoint of log/ with a witness' signature
///     policy                   tlog-policy: the log, that witness, quorum
///     anchors.pem
///     device/                  signatures/ and certificates/ as the daemon publishes them, of evidence.json
namespace busguard::logbook {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::sys_seconds noon{std::chrono::seconds{1'800'000'000}};
constexpr std::string_view origin = "log.example/host-1";

void write(const fs::path& file, ByteView bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << as_text(bytes);
}
void write(const fs::path& file, std::string_view text) { write(file, as_bytes(text)); }

tlog::NoteSigner signer() {
    static const auto made =
        *tlog::NoteSigner::make(std::string{origin}, *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    return made;
}

evidence::Bundle genuine() {
    static const evidence::test::Hierarchy hierarchy;
    auto bundle = evidence::test::visit(evidence::test::device(hierarchy));
    bundle.circumstances.device = "pci/0000:01:00.0";
    return bundle;
}

evidence::Bundle unreached() {
    auto bundle = genuine();
    bundle.circumstances.device = "pci/0000:02:00.0";
    bundle.records.clear();
    bundle.failure = evidence::Ending{.code = Errc::timeout, .what = "VERSION"};
    return bundle;
}

Verdict verdict(std::string device, std::uint64_t evidence, std::string state) {
    return {.device = std::move(device),
            .evidence = evidence,
            .cause = "appeared",
            .state = std::move(state),
            .reason = {},
            .failed = {},
            .owner = "native",
            .ruling = "allow",
            .rule = "disks",
            .enforcing = true};
}

/// A log in `folder`, its database beside it.
class Writer {
public:
    explicit Writer(const fs::path& folder) : signer_{signer()}, reader_{signer().verifier()} {
        fs::create_directories(folder);
        files_ = *host::DirectoryFiles::open(folder);
        auto database = folder;
        journal_ = *journal::Journal::open(database += ".db", *files_, signer_, reader_);
        write(folder / "log.vkey", signer().verifier().to_text() + "\n");
    }
    void add(decltype(Entry::what) what) {
        const auto encoded = *encode({.origin = std::string{origin},
                                      .time = noon + std::chrono::seconds{count_++},
                                      .what = std::move(what)});
        for (const auto& blob : encoded.blobs)
            if (!journal_->put_blob(blob)) std::abort();
        const journal::Entry one{as_bytes(encoded.text), encoded.names};
        if (!journal_->append({&one, 1}, noon) || !journal_->publish()) std::abort();
    }
    std::string checkpoint() { return std::string{as_text(journal_->last_signed()->note)}; }

private:
    journal::NoteCheckpointSigner signer_;
    journal::NoteReader reader_;
    std::unique_ptr<host::DirectoryFiles> files_;
    std::unique_ptr<journal::Journal> journal_;
    int count_ = 0;
};

void write_as_daemon(const fs::path& device, const evidence::Bundle& bundle, std::uint64_t index) {
    const auto& record = bundle.records.front();
    const auto hash_size = crypto::size(spdm::hash_of(record.hash));
    const auto certificates = ByteView{record.chain}.subspan(4 + hash_size);
    write(device / "certificates" / "slot0", certificates);
    const auto stem = (device / "signatures" / "0").string();
    write(stem + "_transcript", record.transcript);
    write(stem + "_signature", record.signature);
    write(stem + "_combined_spdm_prefix", record.prefix);
    write(stem + "_hash_algorithm", std::string{crypto::name(spdm::hash_of(record.hash))} + "\n");
    write(stem + "_certificate_chain", "../certificates/slot0");
    write(stem + "_log_index", std::to_string(index) + "\n");
}

bool make(const fs::path& directory) {
    const auto first = genuine();
    const auto planted = genuine();
    Writer log{directory / "log"};
    log.add(Change{.what = "daemon.started", .device = {}, .reason = {}, .detail = "for a test"});
    log.add(Evidence{first});
    log.add(verdict("pci/0000:01:00.0", 1, "authenticated"));
    log.add(Evidence{unreached()});
    log.add(verdict("pci/0000:02:00.0", 3, "unreachable"));
    log.add(Change{.what = "policy.adopted", .device = {}, .reason = {}, .detail = {}});
    Writer fork{directory / "fork"};
    fork.add(Change{.what = "daemon.started", .device = {}, .reason = {}, .detail = "for a test"});
    fork.add(Evidence{first});
    fork.add(verdict("pci/0000:01:00.0", 1, "failed"));
    fork.add(Evidence{planted});
    fork.add(verdict("pci/0000:01:00.0", 3, "authenticated"));
    fork.add(Change{.what = "policy.adopted", .device = {}, .reason = {}, .detail = {}});

    const auto witness =
        *tlog::Cosigner::make("witness.example/w", *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
    auto note = *tlog::note_from_text(log.checkpoint());
    note.signatures.push_back(*witness.cosign(note.text, noon));
    write(directory / "cosigned", tlog::to_text(note));
    write(directory / "policy", "log " + signer().verifier().to_text() + "\nwitness w " +
                                    witness.verifier().to_text() + "\nquorum w\n");
    write(directory / "log.key", signer().to_skey() + "\n");
    write(directory / "evidence.json", evidence::to_json(first));
    write(directory / "planted.json", evidence::to_json(planted));
    write(directory / "anchors.pem", crypto::to_pem(evidence::test::root().certificate));
    write_as_daemon(directory / "device", first, 1);
    return true;
}

}  // namespace
}  // namespace busguard::logbook

int main(int count, char** arguments) {  // NOLINT(bugprone-exception-escape): then the test ends
    if (count != 2) {
        std::cerr << "usage: make_log DIRECTORY\n";
        return EXIT_FAILURE;
    }
    const std::span words{arguments, static_cast<std::size_t>(count)};
    return busguard::logbook::make(words[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
}
