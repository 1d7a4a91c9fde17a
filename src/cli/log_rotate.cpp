#include "cli/json.h"
#include "cli/log.h"
#include "host/files.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"
#include "journal/signing_key.h"

#include <fmt/format.h>

#include <filesystem>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

struct LogRotateOptions {
    std::string log = default_log;
    std::string key = "/var/lib/busguard/log.key";
    std::string next;  // empty: a fresh one, in the same file
    std::string provider;
    std::string database = "/var/lib/busguard/log.db";

    journal::KeyPlace old_place() const { return {key, provider}; }
    journal::KeyPlace next_place() const { return {next, provider}; }
};

Tried<tlog::NoteSigner> read_key(const journal::KeyPlace& place, const std::string& origin) {
    return or_trouble("file", journal::read_signing_key(place, origin));
}

/// Whose log it is: a key that is no file does not say it.
Tried<std::string> origin_of(host::DurableFiles& files, const LogRotateOptions& options) {
    if (!journal::is_uri(options.key)) return std::string{};
    const auto beside = fmt::format("{}/{}", options.log, journal::vkeys_path);
    const auto bytes =
        TRY(or_trouble(beside, files.read(std::string{journal::vkeys_path}, journal::largest_vkeys)));
    return TRY(or_trouble("file", journal::vkeys_from_text(as_text(bytes), beside))).back().name();
}

/// One that is in `path`, or a fresh one, on the disk before it is named.
Tried<tlog::NoteSigner> made_key(const std::string& path, const tlog::VerifierKey& old) {
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
        auto left = TRY(read_key({path, {}}, old.name()));
        if (left.verifier() != old) return left;  // else only the last step was missing
    }
    auto key = TRY(or_trouble("key", crypto::PrivateKey::generate(crypto::Scheme::ed25519)));
    auto signer = TRY(or_trouble("key", tlog::NoteSigner::make(old.name(), std::move(key))));
    TRY(or_trouble("file", journal::write_signing_key(path, signer)));
    return signer;
}

/// Where an interrupted rotation in one file left it.
std::string draft_of(const LogRotateOptions& options) { return options.key + ".next"; }

Tried<tlog::NoteSigner> next_key(const LogRotateOptions& options, const tlog::VerifierKey& old) {
    if (options.next.empty()) return made_key(draft_of(options), old);
    auto next = journal::is_uri(options.next) ? TRY(read_key(options.next_place(), old.name()))
                                              : TRY(made_key(options.next, old));
    if (next.verifier() == old) return usage("--next-key", "it is the key that the log has", "name another");
    return next;
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
    const bool in_place = options.next.empty();
    if (in_place && journal::is_uri(options.key))
        return usage("--next-key", "is missing, and a key that is no file cannot be made anew here",
                     "make one where keys are kept, and name it");
    // Each step can be taken again: an interrupted rotation goes on with the key that it made.
    const auto files = TRY(or_trouble(options.log, host::DirectoryFiles::open(options.log)));
    const auto origin = TRY(origin_of(*files, options));
    const auto old = TRY(read_key(options.old_place(), origin));
    const auto next = TRY(next_key(options, old.verifier()));
    const auto keys = TRY(or_trouble("file", journal::vkeys_beside(*files, old.verifier())));
    const auto head = TRY(name_next_key(session, options, *files, old, keys.usable, next.verifier()));
    const auto all = TRY(or_trouble("file", journal::vkeys_beside(*files, next.verifier())));
    const auto beside = fmt::format("{}/{}", options.log, journal::vkeys_path);
    TRY(or_trouble("file", host::write_file(beside, as_bytes(all.text))));
    if (in_place) {
        TRY(or_trouble("file", journal::write_signing_key(options.key, next)));  // the old one is gone
        std::error_code why;
        fs::remove(draft_of(options), why);
    }
    if (session.json())
        print(session, {{"schema", "busguard.log-rotate/1"},
                        {"origin", old.verifier().name()},
                        {"size", head.size},
                        {"old", old.verifier().to_text()},
                        {"new", next.verifier().to_text()}});
    else
        session.print(fmt::format("{}\n", next.verifier().to_text()));
    session.say("busguard: whoever verifies this log has to be given the new key");
    if (!in_place)
        session.say(
            fmt::format("busguard: set key = \"{}\" under [log] in busguardd.toml before busguardd "
                        "starts, then destroy the old key",
                        journal::shown(options.next_place())));
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
        .shown_as("FILE|URI");
    command
        .option(
            "--next-key", options->next,
            "The one that follows, made if it is a file that is not there (default: a fresh one takes the "
            "old one's place)")
        .shown_as("FILE|URI");
    command.option("--provider", options->provider, "OpenSSL's provider of keys named by a URI")
        .shown_as("NAME");
    command
        .option("--database", options->database, fmt::format("Its database (default: {})", options->database))
        .shown_as("FILE");
}

}  // namespace busguard::cli
