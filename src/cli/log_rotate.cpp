#include "cli/json.h"
#include "cli/log.h"
#include "crypto/entropy.h"
#include "host/files.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"

#include <fmt/format.h>

#include <filesystem>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_skey = 4096;  // bytes
constexpr std::uint32_t secret = 0600;      // permissions

struct LogRotateOptions {
    std::string log = default_log;
    std::string key = "/var/lib/busguard/log.key";
    std::string database = "/var/lib/busguard/log.db";
};

/// A secret text that is wiped.
struct Secret {
    explicit Secret(std::string with) : text{std::move(with)} {}
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { crypto::wipe(std::as_writable_bytes(std::span{text})); }

    std::string text;
};

Tried<tlog::NoteSigner> read_key(const std::string& path) {
    auto bytes = TRY(or_trouble("file", host::read_file(path, largest_skey)));
    const auto text = as_text(bytes);
    auto signer = tlog::NoteSigner::from_skey(text.substr(0, text.find('\n')));
    crypto::wipe(bytes);
    return or_trouble(path, std::move(signer));
}

Tried<void> write_key(const std::string& path, const tlog::NoteSigner& signer) {
    const Secret skey{signer.to_skey() + "\n"};
    return or_trouble("file", host::write_file(path, as_bytes(skey.text), secret));
}

/// The next key: one that an interrupted rotation left, or a fresh one, on the disk before it is named.
Tried<tlog::NoteSigner> next_key(const std::string& path, const tlog::VerifierKey& old) {
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
        auto left = TRY(read_key(path));
        if (left.verifier() != old) return left;  // else only the last step was missing
    }
    auto key = TRY(or_trouble("key", crypto::PrivateKey::generate(crypto::Scheme::ed25519)));
    auto signer = TRY(or_trouble("key", tlog::NoteSigner::make(old.name(), std::move(key))));
    TRY(write_key(path, signer));
    return signer;
}

Tried<tlog::TreeHead> name_next_key(Session& session, const LogRotateOptions& options,
                                    host::DurableFiles& files, const tlog::NoteSigner& old,
                                    std::vector<tlog::VerifierKey> keys, const tlog::VerifierKey& next) {
    journal::NoteCheckpointSigner signer{old};
    journal::NoteReader reader{std::move(keys)};
    const auto journal =
        TRY(or_trouble("log", journal::Journal::open(options.database, files, signer, reader)));
    const auto now = session.world().clock->calendar();
    const auto entry = TRY(or_trouble(
        "log", logbook::encode(
                   {.origin = old.verifier().name(), .time = now, .what = logbook::NewKey{next.to_text()}})));
    const journal::Entry one{as_bytes(entry.text), {}};
    TRY(or_trouble("log", journal->append({&one, 1}, now)));
    return or_trouble("log", journal->publish());
}

Tried<Exit> rotate(Session& session, const LogRotateOptions& options) {
    // Each step can be taken again: an interrupted rotation goes on with the key that it made.
    const auto old = TRY(read_key(options.key));
    const auto draft = options.key + ".next";
    const auto next = TRY(next_key(draft, old.verifier()));
    const auto files = TRY(or_trouble(options.log, host::DirectoryFiles::open(options.log)));
    const auto keys = TRY(or_trouble("file", journal::vkeys_beside(*files, old.verifier())));
    const auto head = TRY(name_next_key(session, options, *files, old, keys.usable, next.verifier()));
    const auto all = TRY(or_trouble("file", journal::vkeys_beside(*files, next.verifier())));
    const auto beside = fmt::format("{}/{}", options.log, journal::vkeys_path);
    TRY(or_trouble("file", host::write_file(beside, as_bytes(all.text))));
    TRY(write_key(options.key, next));  // the old one is gone
    std::error_code why;
    fs::remove(draft, why);
    if (session.json())
        print(session, {{"schema", "busguard.log-rotate/1"},
                        {"origin", old.verifier().name()},
                        {"size", head.size},
                        {"old", old.verifier().to_text()},
                        {"new", next.verifier().to_text()}});
    else
        session.print(fmt::format("{}\n", next.verifier().to_text()));
    session.say("busguard: whoever verifies this log has to be given the new key");
    return Exit::ok;
}

}  // namespace

void add_log_rotate(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogRotateOptions>();
    auto command =
        add_to_group(group, chosen, options, "rotate",
                     "Give the log a new key, named under the old one; busguardd must not run", rotate);
    command.option("--log", options->log, fmt::format("The log's folder (default: {})", default_log))
        .shown_as("DIR");
    command
        .option("--signing-key", options->key,
                fmt::format("The log's private key (default: {})", options->key))
        .shown_as("FILE");
    command
        .option("--database", options->database, fmt::format("Its database (default: {})", options->database))
        .shown_as("FILE");
}

}  // namespace busguard::cli
