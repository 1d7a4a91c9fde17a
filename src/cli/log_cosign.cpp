#include "base/hex.h"
#include "cli/json.h"
#include "cli/key_file.h"
#include "cli/text.h"
#include "cli/time.h"
#include "config/duration.h"
#include "host/durable_files.h"
#include "host/files.h"
#include "host/http_client.h"
#include "journal/journal.h"
#include "journal/shelf.h"
#include "tlog/trusted_checkpoint.h"
#include "web/cosigning.h"

#include <fmt/format.h>

#include <memory>

/// Has the published checkpoint cosigned by witnesses. A process of its own: what speaks to the network is
/// not what speaks to devices.
namespace busguard::cli {
namespace {

struct LogCosignOptions {
    std::string log = "/var/lib/busguard/log";
    std::string policy = "/etc/busguard/log-policy";
    std::string state = "/var/lib/busguard-cosign";
    std::string every;
    bool once = false;
};

/// Bytes of a witness' reply: lines of signatures.
constexpr host::HttpBounds bounds{.largest_body = std::size_t{64} * 1024};

Result<tlog::WitnessAnswer> post(const std::string& url, const std::string& body) {
    auto reply = TRY(host::http_post(url, body, bounds));
    return tlog::WitnessAnswer{reply.status, std::move(reply.content_type), std::move(reply.body)};
}

class Cosign {
public:
    Cosign(Session& session, const LogCosignOptions& options, tlog::WitnessPolicy policy,
           host::DurableFiles& files)
        : session_{session}, options_{options}, policy_{std::move(policy)}, files_{files}, shelf_{files} {}

    /// One round for the checkpoint that is published now.
    Tried<Exit> run() {
        const auto checkpoint = TRY(shown());
        const auto result = TRY(or_trouble(path(journal::checkpoint_path), ask(checkpoint)));
        TRY(remember(result));
        const bool quorum = TRY(trust(result.note));
        if (quorum)
            TRY(or_trouble("file", host::write_file(path(journal::cosigned_path),
                                                    as_bytes(tlog::to_text(result.note)))));
        return tell(result, quorum);
    }

private:
    std::string path(std::string_view name) const { return fmt::format("{}/{}", options_.log, name); }

    Tried<std::optional<std::string>> read(std::string_view name) {
        const auto note = files_.read(std::string{name}, journal::largest_checkpoint);
        if (note) return std::optional{std::string{as_text(*note)}};
        if (note.error().code == Errc::not_found) return std::optional<std::string>{};
        return fail(trouble_of(note.error(), path(name)));
    }

    /// The published checkpoint, with the cosignatures that it has already.
    Tried<std::string> shown() {
        auto published = TRY(read(journal::checkpoint_path));
        if (!published) return fail(trouble_of({Errc::not_found, "file"}, path(journal::checkpoint_path)));
        auto cosigned = TRY(read(journal::cosigned_path));
        return cosigned && cosigned->starts_with(*published) ? *std::move(cosigned) : *std::move(published);
    }

    /// Has a quorum cosigned it?
    Tried<bool> trust(const tlog::Note& note) {
        const auto trusted = tlog::trust_checkpoint(tlog::to_text(note), policy_.log_keys(), policy_);
        if (!trusted && trusted.error().code != Errc::not_found)
            return fail(trouble_of(trusted.error(), path(journal::checkpoint_path)));
        return static_cast<bool>(trusted);
    }

    Result<web::Cosigning> ask(const std::string& checkpoint) {
        const auto note = TRY(tlog::note_from_text(checkpoint));
        const auto told = TRY(tlog::checkpoint_from_text(note.text));
        std::vector<std::uint64_t> sizes;
        for (const auto& witness : policy_.witnesses()) {
            const auto kept = host::read_file(state_file(witness), tlog::largest_note);
            sizes.push_back(kept ? web::remembered_size(as_text(*kept), told.origin, witness.key) : 0);
        }
        return web::cosign(checkpoint, policy_, sizes, shelf_, post);
    }

    /// A witness' file: by its key, since names are anybody's choice.
    std::string state_file(const tlog::WitnessPolicy::Witness& witness) const {
        const auto vkey = witness.key.to_text();
        const auto digest = tlog::leaf_hash(as_bytes(vkey));
        return fmt::format("{}/{}", options_.state, to_hex(ByteView{digest}.first(16)));
    }

    Tried<void> remember(const web::Cosigning& result) {
        for (const auto& asked : result.asked)
            if (asked.cosigned)
                TRY(or_trouble("file", host::write_file(state_file(policy_.witnesses()[asked.witness]),
                                                        as_bytes(*asked.cosigned))));
        return {};
    }

    static std::string_view outcome(const web::Asked& asked) {
        if (asked.cosigned) return "cosigned";
        if (asked.ahead) return "ahead";
        return asked.alarming() ? "forked" : "failed";
    }

    static std::string reason(const web::Asked& asked) {
        if (asked.ahead)
            return fmt::format("has cosigned {} entries: this log was restored from a backup, or lost them",
                               *asked.ahead);
        if (!asked.error) return {};
        if (asked.alarming()) return "has cosigned another history of this log";
        if (asked.error->what == host::no_http_client)
            return "libcurl.so.4 is not installed (Debian: libcurl4)";
        // What a person knows is the status of HTTP, where there was one.
        const bool answered = asked.error->detail >= 100 && asked.error->what != "HTTP";
        return answered ? fmt::format("{} (HTTP status {})", in_words({asked.error->code, asked.error->what}),
                                      asked.error->detail)
                        : in_words({asked.error->code, asked.error->what});
    }

    Tried<Exit> tell(const web::Cosigning& result, bool quorum) {
        const auto& witnesses = policy_.witnesses();
        const auto told =
            TRY(or_trouble(path(journal::checkpoint_path), tlog::checkpoint_from_text(result.note.text)));
        std::size_t cosigned = 0;
        bool alarm = false;
        auto list = Json::array();
        for (const auto& asked : result.asked) {
            const auto& name = witnesses[asked.witness].name;
            if (asked.cosigned) ++cosigned;
            alarm = alarm || asked.alarming();
            list.push_back(
                {{"witness", name}, {"outcome", outcome(asked)}, {"reason", text_or_null(reason(asked))}});
            if (!asked.cosigned) session_.say(fmt::format("{}: {}", printable(name), reason(asked)));
        }
        if (session_.json())
            session_.print(Json{{"schema", "busguard.cosign/1"},
                                {"origin", told.origin},
                                {"size", told.head.size},
                                {"quorum", quorum},
                                {"witnesses", std::move(list)}}
                               .dump(2, ' ', false, Json::error_handler_t::replace)
                               .append("\n"));
        else
            session_.print(fmt::format(
                "{} entries, {} of {} witnesses cosigned: {}\n", told.head.size, cosigned, witnesses.size(),
                quorum ? "a quorum, published" : "no quorum, the cosigned one stays as it was"));
        (void)std::fflush(session_.world().out);
        if (alarm) return Exit::failed;
        return quorum ? Exit::ok : Exit::undetermined;
    }

    Session& session_;
    const LogCosignOptions& options_;
    tlog::WitnessPolicy policy_;
    host::DurableFiles& files_;
    journal::Shelf shelf_;
};

Tried<Exit> again_and_again(Session& session, Cosign& cosign, std::chrono::seconds every) {
    auto& clock = *session.world().clock;
    const auto& stop = session.world().catch_signals();
    while (!stop) {
        const auto next = clock.now() + every;
        if (const auto done = cosign.run(); !done) session.say("busguard: " + done.error().problem.text());
        while (!stop && clock.now() < next)
            clock.wait(std::min(next, clock.now() + std::chrono::milliseconds{500}), {});
    }
    return Exit::ok;
}

Tried<Exit> run(Session& session, const LogCosignOptions& options) {
    std::optional<std::chrono::seconds> every;
    if (!options.every.empty()) {
        every = config::duration_from(options.every);
        if (!every || every->count() <= 0) return usage("--every", "is no duration", "for example 60s or 5m");
    }
    auto policy = TRY(policy_from(options.policy));
    const auto files = TRY(or_trouble(options.log, host::DirectoryFiles::open(options.log)));
    TRY(or_trouble("file", host::make_directory(options.state)));
    Cosign cosign{session, options, std::move(policy), *files};
    return every ? again_and_again(session, cosign, *every) : cosign.run();
}

}  // namespace

void add_log_cosign(Command group, Chosen& chosen) {
    auto command = group.command("cosign", "Have the published checkpoint cosigned by witnesses");
    auto options = std::make_shared<LogCosignOptions>();
    command.option("--log", options->log, "The folder of the published log").shown_as("DIR").default_shown();
    command.option("--policy", options->policy, "The log's key, the witnesses and the quorum (tlog-policy)")
        .shown_as("FILE")
        .default_shown();
    command.option("--state", options->state, "Where it is remembered what each witness cosigned")
        .shown_as("DIR")
        .default_shown();
    const auto every =
        command.option("--every", options->every, "Again and again, like 60s or 5m, until told to stop")
            .shown_as("TIME");
    command.flag("--once", options->once, "One time (the default)").excludes(every);
    add_common(command, chosen.common);
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return run(session, *options); };
    });
}

}  // namespace busguard::cli
