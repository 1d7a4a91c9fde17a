#include "cli/http_listening.h"
#include "cli/json.h"
#include "cli/key_file.h"
#include "crypto/entropy.h"
#include "host/files.h"
#include "tlog/note_signer.h"
#include "web/witness_service.h"
#include "web/witness_state.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

/// A witness of transparency logs: `busguard witness` and `busguard witness key create`.
namespace busguard::cli {
namespace {

struct WitnessOptions {
    std::string key;
    std::string name;
    std::string algorithm = "ed25519";
    std::string logs;
    std::string state;
    std::string listen;
    std::string prefix;
};

constexpr std::size_t largest_body = tlog::largest_add_checkpoint;

Tried<void> check_prefix(const std::string& prefix) {
    if (prefix.empty() || (prefix.starts_with('/') && !prefix.ends_with('/'))) return {};
    return usage("--prefix", "does not begin with a slash, or ends with one", "for example /witness");
}

/// CLI11 would want a required option of `witness` for `witness key create` too.
Tried<void> check_given(const WitnessOptions& options) {
    const auto missing = [](const char* option) {
        return usage(option, "is required", "see busguard witness --help");
    };
    if (options.key.empty()) return missing("--key");
    if (options.logs.empty()) return missing("--logs");
    if (options.state.empty()) return missing("--state");
    if (options.listen.empty()) return missing("--listen");
    return check_prefix(options.prefix);
}

Tried<Exit> run_witness(Session& session, const WitnessOptions& options) {
    TRY(check_given(options));
    auto logs = TRY(log_keys_from(options.logs));
    if (logs.empty())
        return trouble("file", {.where = options.logs,
                                .line = 0,
                                .field = {},
                                .message = "names no log",
                                .remedy = "put the vkeys of the logs there, one a line"});
    const auto state = TRY(or_trouble("file", web::DurableWitnessState::open(options.state)));
    auto cosigner = TRY(cosigner_from(options.key));
    const auto witness =
        TRY(or_trouble(options.logs, tlog::Witness::make(std::move(logs), std::move(cosigner), *state)));
    session.say(fmt::format("cosigns as {}", witness.verifier().to_text()));
    const web::WitnessService service{witness, options.prefix};
    const auto& clock = *session.world().clock;
    return serve_http(session, options.listen, largest_body, [&](const host::HttpRequest& request) {
        return service.answer(request, clock.calendar());
    });
}

Tried<Exit> create_key(Session& session, const WitnessOptions& options) {
    // A key that is written over is gone, and with it whoever trusts it.
    if (std::error_code error; std::filesystem::exists(options.key, error) || error)
        return trouble("file", {.where = options.key,
                                .line = 0,
                                .field = {},
                                .message = "is there already",
                                .remedy = "name another file, or move it away"});
    const auto scheme = options.algorithm == name(crypto::Scheme::ml_dsa_44) ? crypto::Scheme::ml_dsa_44
                                                                             : crypto::Scheme::ed25519;
    if (!crypto::supported(scheme))
        return trouble("key", {.where = options.algorithm,
                               .line = 0,
                               .field = {},
                               .message = "is nothing that this machine's OpenSSL has",
                               .remedy = "OpenSSL 3.5 or later has it; or take ed25519"});
    auto key = TRY(or_trouble(options.name, crypto::PrivateKey::generate(scheme)));
    const auto cosigner = TRY(or_trouble(options.name, tlog::Cosigner::make(options.name, std::move(key))));
    auto skey = cosigner.to_skey().append("\n");
    const auto written = host::write_file(options.key, as_bytes(skey), 0600);
    crypto::wipe(std::as_writable_bytes(std::span{skey}));
    TRY(or_trouble("file", written));
    const auto vkey = cosigner.verifier().to_text();
    if (session.json())
        session.print(
            Json{{"schema", "busguard.witness-key/1"}, {"file", options.key}, {"vkey", vkey}}.dump(2).append(
                "\n"));
    else
        session.print(vkey + "\n");
    return Exit::ok;
}

}  // namespace

void add_witness(Command program, Chosen& chosen) {
    auto options = std::make_shared<WitnessOptions>();
    auto command = program.command("witness", "Cosign the checkpoints of transparency logs, as a witness");
    command.option("--key", options->key, "The witness' private key").shown_as("FILE");
    command.option("--logs", options->logs, "Whose checkpoints to cosign: a vkey a line, or a tlog-policy")
        .shown_as("FILE");
    command.option("--state", options->state, "What was cosigned; is made if it is not there")
        .shown_as("FILE");
    add_listen(command, options->listen);
    command.option("--prefix", options->prefix, "Path below which it is served, like /witness")
        .shown_as("PATH");
    command.then([&chosen, options] {
        if (chosen.action) return;  // that of `key create`
        chosen.action = [options](Session& session) { return run_witness(session, *options); };
    });

    auto key = command.command("key", "The private key of a witness");
    key.takes_one_command();
    auto create = key.command("create", "Make one, and show its vkey");
    create.option("--key", options->key, "Where it goes").shown_as("FILE").required();
    create
        .option("--algorithm", options->algorithm,
                "Kind of key: ed25519, which everybody reads, or ml-dsa-44, which stands against quantum "
                "computers")
        .shown_as("NAME")
        .one_of({"ed25519", "ml-dsa-44"});
    create.option("NAME", options->name, "The witness' name, like witness.example/w1").required();
    add_common(create, chosen.common);
    create.then([&chosen, options] {
        chosen.action = [options](Session& session) { return create_key(session, *options); };
    });
}

}  // namespace busguard::cli
