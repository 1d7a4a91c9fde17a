#include "base/hex.h"
#include "cli/log.h"
#include "cli/log_entry_view.h"
#include "cli/time.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::cli {
namespace {

std::string id_text(std::uint32_t id) { return fmt::format("{:08x}", id); }

/// Who signed and cosigned.
struct Signatures {
    std::vector<const tlog::VerifierKey*> logs;  ///< keys of the log that signed the newest checkpoint
    std::optional<std::uint64_t> cosigned;  ///< entries that witnesses vouch for: with a policy, its quorum
    std::vector<std::pair<std::string, std::chrono::sys_seconds>> witnesses;  ///< of the policy
    std::vector<tlog::SignatureLine> others;  ///< whose keys are not known here
};

Tried<Signatures> signatures_of(const LogAtHand& at, const LogOptions& options,
                                const journal::PublishedLog& log) {
    Signatures found;
    const auto published = TRY(or_trouble("checkpoint", tlog::note_from_text(log.published().note)));
    for (const auto& match : TRY(or_trouble("checkpoint", tlog::verify(published, at.keys))))
        found.logs.push_back(&at.keys[match.key]);
    const auto cosigned = TRY(cosigned_checkpoint(at, options, log));
    if (cosigned) found.cosigned = cosigned->its.checkpoint.head.size;
    if (cosigned && at.policy)
        for (const auto& one : cosigned->witnesses)
            found.witnesses.emplace_back(at.policy->witnesses()[one.witness].name, one.time);
    auto shown =
        cosigned ? TRY(or_trouble("checkpoint", tlog::note_from_text(cosigned->its.note))) : published;
    for (auto& line : shown.signatures)
        if (std::ranges::none_of(
                at.keys, [&](const auto& key) { return key.name() == line.name && key.id() == line.id; }))
            found.others.push_back(std::move(line));
    return found;
}

struct Status {
    std::uint64_t first_kept = 0;
    std::size_t blobs = 0;
    std::optional<logbook::Entry> last;  ///< nothing: there is none that can be read
};

Tried<Status> status_of(const LogOptions& options, const journal::PublishedLog& log) {
    Status status{.first_kept = TRY(or_trouble(options.log, log.first_kept())),
                  .blobs = TRY(or_trouble(options.log, log.blobs())).size(),
                  .last = {}};
    if (status.first_kept == log.head().size) return status;
    const auto index = log.head().size - 1;
    const auto bytes = TRY(or_trouble(options.log, log.entry(index)));
    if (auto entry = decode_entry(log, index, as_text(bytes))) status.last = *std::move(entry);
    return status;
}

Json to_json(const LogAtHand& at, const journal::PublishedLog& log, const Status& status,
             const Signatures& signatures) {
    auto keys = Json::array();
    auto witnesses = Json::array();
    auto others = Json::array();
    for (const auto& key : at.keys)
        keys.push_back({{"vkey", key.to_text()},
                        {"id", id_text(key.id())},
                        {"signed", std::ranges::find(signatures.logs, &key) != signatures.logs.end()}});
    for (const auto& [name, time] : signatures.witnesses)
        witnesses.push_back({{"name", name}, {"time", format_time(time)}});
    for (const auto& line : signatures.others)
        others.push_back({{"name", printable(line.name)}, {"id", id_text(line.id)}});
    return {{"schema", "busguard.log-status/1"},
            {"origin", log.origin()},
            {"size", log.head().size},
            {"root", to_base64(log.head().root)},
            {"first_kept", status.first_kept},
            {"last", status.last ? entry_json(log.head().size - 1, *status.last) : Json(nullptr)},
            {"keys", std::move(keys)},
            {"keys_beside", at.keys_beside},
            {"cosigned", signatures.cosigned ? Json(*signatures.cosigned) : Json(nullptr)},
            {"quorum", at.policy ? Json(signatures.cosigned.has_value()) : Json(nullptr)},
            {"witnesses", std::move(witnesses)},
            {"other_signatures", std::move(others)},
            {"blobs", status.blobs}};
}

std::string to_text(const LogAtHand& at, const journal::PublishedLog& log, const Status& status,
                    const Signatures& signatures) {
    std::string out;
    const auto line = [&](std::string_view label, const std::string& value) {
        out += fmt::format("{:<12}{}\n", label, value);
    };
    line("origin", printable(log.origin()));
    line("size", fmt::format("{} entries", log.head().size));
    line("root", to_base64(log.head().root));
    line("last entry", status.last
                           ? fmt::format("{} {}", format_time(status.last->time), kind_of(*status.last))
                           : "none that can be read");
    line("kept from", fmt::format("entry {}", status.first_kept));
    line("blobs", fmt::format("{}", status.blobs));
    for (const auto* key : signatures.logs)
        line("signed by", fmt::format("{} {}", printable(key->name()), id_text(key->id())));
    if (signatures.cosigned) line("cosigned", fmt::format("{} entries", *signatures.cosigned));
    for (const auto& [name, time] : signatures.witnesses)
        line("witness", fmt::format("{} at {}", printable(name), format_time(time)));
    for (const auto& other : signatures.others)
        if (!at.policy)
            line("also",
                 fmt::format("{} {}, whose key is not known here", printable(other.name), id_text(other.id)));
    if (at.policy) line("quorum", signatures.cosigned ? "reached" : "not reached");
    if (!at.policy && signatures.others.empty()) line("witnesses", "none");
    return out;
}

Tried<Exit> status(Session& session, const LogOptions& options) {
    const auto at = TRY(log_at_hand(session, options));
    const auto log = TRY(open_log(at, options));
    const auto signatures = TRY(signatures_of(at, options, log));
    const auto found = TRY(status_of(options, log));
    if (session.json())
        print(session, to_json(at, log, found, signatures));
    else
        session.print(to_text(at, log, found, signatures));
    return at.policy && !signatures.cosigned ? Exit::failed : Exit::ok;
}

}  // namespace

void add_log_status(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogOptions>();
    add_log_options(add_to_group(group, chosen, options, "status",
                                 "Show how large the log is, and who vouches for it", status),
                    *options);
}

}  // namespace busguard::cli
