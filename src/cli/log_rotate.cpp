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

/// Those beside the log; none if nobody wrote them down.
Tried<std::vector<tlog::VerifierKey>> keys_beside(host::DurableFiles& files, const std::string& where) {
    const auto bytes = files.read(std::string{journal::vkeys_path}, journal::largest_vkeys);
    if (!bytes && bytes.error().code == Errc::not_found) return std::vector<tlog::VerifierKey>{};
    const auto text = TRY(or_trouble(where, Result<Bytes>{bytes}));
    return or_trouble("file", journal::vkeys_from_text(as_text(text), where));
}

/// The key in a file, or a fresh one, on the disk before it is named.
Tried<tlog::NoteSigner> made_key(const std::string& path, const std::string& origin) {
    std::error_code ignored;
    if (fs::exists(path, ignored)) return read_key({path, {}}, origin);
    auto key = TRY(or_trouble("key", crypto::PrivateKey::generate(crypto::Scheme::ed25519)));
    auto signer = TRY(or_trouble("key", tlog::NoteSigner::make(origin, std::move(key))));
    TRY(or_trouble("file", journal::write_signing_key(path, signer)));
    return signer;
}

/// Where an interrupted rotation in one file left it.
std::string draft_of(const LogRotateOptions& options) { return options.key + ".next"; }

Tried<tlog::NoteSigner> next_key(const LogRotateOptions& options, const tlog::VerifierKey& old) {
    if (options.next.empty()) {
        auto draft = TRY(made_key(draft_of(options), old.name()));
        if (draft.verifier() != old) return draft;
        std::error_code ignored;  // only the last step was missing: it is in its place already
        fs::remove(draft_of(options), ignored);
        return made_key(draft_of(options), old.name());
    }
    auto next = journal::is_uri(options.next) ? TRY(read_key(options.next_place(), old.name()))
                                              : TRY(made_key(options.next, old.name()));
    if (next.verifier() == old) return usage("--next-key", "it is the key that the log has", "name another");
    return next;
}

/// The old key has to be the one that signs now; or the next one was named by a rotation that was
/// interrupted, and has signed nothing yet.
Tried<void> check_keys(host::DurableFiles& files, const std::string& beside,
                       std::span<const tlog::VerifierKey> keys, const tlog::VerifierKey& old,
                       const tlog::VerifierKey& next) {
    const auto signs = journal::check_that_it_signs(old, keys, beside);
    if (signs) return {};
    const bool named = static_cast<bool>(journal::check_that_it_signs(next, keys, beside)) &&
                       std::ranges::find(keys, old) != keys.end();
    const auto note = files.read(std::string{journal::checkpoint_path}, journal::largest_checkpoint);
    const bool signed_by_it = note && journal::checkpoint_of(as_text(*note), {&next, 1});
    if (named && !signed_by_it) return {};
    return trouble("file", signs.error());
}

Tried<tlog::TreeHead> name_next_key(Session& session, journal::Journal& journal, const std::string& origin,
                                    const tlog::VerifierKey& next) {
    const auto now = session.world().clock->calendar();
    const auto entry = TRY(or_trouble(
        "log", logbook::encode({.origin = origin, .time = now, .what = logbook::NewKey{next.to_text()}})));
    const journal::Entry one{as_bytes(entry.text), {}};
    TRY(or_trouble("log", journal.append({&one, 1}, now)));
    return or_trouble("log", journal.publish());
}

Tried<Exit> rotate(Session& session, const LogRotateOptions& options) {
    const bool in_place = options.next.empty();
    if (in_place && journal::is_uri(options.key))
        return usage("--next-key", "is missing, and a key that is no file cannot be made anew here",
                     "make one where keys are kept, and name it");
    // Each step can be taken again: an interrupted rotation goes on with the key that it made.
    const auto files = TRY(or_trouble(options.log, host::DirectoryFiles::open(options.log)));
    const auto beside = fmt::format("{}/{}", options.log, journal::vkeys_path);
    const auto known = TRY(keys_beside(*files, beside));
    // A key that is no file does not say whose it is.
    const auto origin = journal::is_uri(options.key) && !known.empty() ? known.back().name() : std::string{};
    const auto old = TRY(read_key(options.old_place(), origin));
    // Opened before anything is written: busguardd may have it.
    auto readers = TRY(or_trouble("file", journal::vkeys_beside(*files, old.verifier()))).usable;
    journal::NoteCheckpointSigner signer{old};
    journal::NoteReader reader{std::move(readers)};
    const auto journal =
        TRY(or_trouble("log", journal::Journal::open(options.database, *files, signer, reader)));
    const auto next = TRY(next_key(options, old.verifier()));
    TRY(check_keys(*files, beside, known, old.verifier(), next.verifier()));
    const auto head = TRY(name_next_key(session, *journal, old.verifier().name(), next.verifier()));
    const auto all = TRY(or_trouble("file", journal::vkeys_beside(*files, next.verifier())));
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
            fmt::format("busguard: {} signs from now on: name it as key under [log] in busguardd.toml{}; "
                        "destroy the old key when busguardd has started with it",
                        journal::shown(options.next_place()),
                        journal::is_uri(options.next) ? ", as it was said here, with origin and provider"
                                                      : " if it is not there yet"));
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
