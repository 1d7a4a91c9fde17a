#include "base/hex.h"
#include "cli/log.h"
#include "cli/log_entry_view.h"
#include "cli/report.h"
#include "cli/time.h"
#include "evidence/bundle_file.h"
#include "host/files.h"

#include <fmt/format.h>

namespace busguard::cli {
namespace {

struct LogShowOptions {
    LogOptions log;
    JudgingOptions judging{.time = "entry"};
    std::string index, bundle;
    bool raw = false;
};

std::string head_text(std::uint64_t index, const logbook::Entry& entry, bool colour) {
    auto out = paint(fmt::format("entry {}", index), Tone::strong, colour) +
               fmt::format("  {}  {}\n", kind_of(entry), format_time(entry.time));
    const auto line = [&](std::string_view label, const std::string& value) {
        if (!value.empty()) out += fmt::format("  {:<14}{}\n", label, value);
    };
    line("log", printable(entry.origin));
    line("device", printable(device_of(entry)));
    if (entry.policy != tlog::TreeHash{}) line("policy", to_hex(entry.policy));
    if (entry.anchors != tlog::TreeHash{}) line("anchors", to_hex(entry.anchors));
    if (!std::holds_alternative<logbook::Evidence>(entry.what)) line("what", in_short(entry));
    if (const auto* verdict = std::get_if<logbook::Verdict>(&entry.what)) {
        line("cause", printable(verdict->cause));
        line("owner", printable(verdict->owner));
        for (const auto& code : verdict->failed) line("failed", printable(code));
    }
    return out;
}

Tried<Exit> write_bundle(Session& session, const std::string& file, const logbook::Evidence* its) {
    if (its == nullptr) return usage("--bundle", "the entry is no evidence", "see busguard log list");
    TRY(or_trouble("file", host::write_file(file, as_bytes(evidence::to_json(its->bundle)))));
    session.say(fmt::format("written: {}", file));
    return Exit::ok;
}

Judged judged_by(const EntryJudge& judge, const evidence::Bundle& bundle, std::chrono::sys_seconds time) {
    return {.visited = {.device = bundle.circumstances.device,
                        .pci = bundle.circumstances.pci,
                        .driver = {},
                        .bundle = bundle,
                        .without = {}},
            .verdict = judge(bundle, time),
            .evidence_file = {}};
}

/// An entry, with what it is in the log.
struct ShownEntry {
    std::uint64_t index;
    ByteView bytes;
    const logbook::Entry* entry;  // never null
};

void print_entry(Session& session, const journal::PublishedLog& log, const ShownEntry& its,
                 const std::optional<Judged>& judged) {
    if (session.json()) {
        print(session, {{"schema", "busguard.log-entry/1"},
                        {"origin", log.origin()},
                        {"size", log.head().size},
                        {"leaf", to_hex(tlog::leaf_hash(its.bytes))},
                        {"entry", entry_json(its.index, *its.entry)},
                        {"report", judged ? report_json(*judged) : Json(nullptr)}});
    } else {
        session.print(head_text(its.index, *its.entry, session.colour()));
        if (judged) session.print("\n" + report_text(*judged, session.colour()));
        if (judged && session.common().explain) session.print(explanations({*judged}, session.colour()));
    }
}

Tried<Exit> show(Session& session, const LogShowOptions& options) {
    const auto index = TRY(index_of("INDEX", options.index));
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    const auto bytes = TRY(or_trouble(fmt::format("entry {}", index), log.entry(index)));
    if (options.raw) {
        session.print(as_text(bytes));
        return Exit::ok;
    }
    const auto entry = TRY(decode_entry(log, index, as_text(bytes)));
    const auto* its = std::get_if<logbook::Evidence>(&entry.what);
    if (!options.bundle.empty()) return write_bundle(session, options.bundle, its);
    std::optional<Judged> judged;
    if (its != nullptr)
        judged = judged_by(TRY(EntryJudge::make(session, options.judging)), its->bundle, entry.time);
    print_entry(session, log, {index, bytes, &entry}, judged);
    return judged ? exit_of(judged->verdict.state) : Exit::ok;
}

}  // namespace

void add_log_show(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogShowOptions>();
    auto command = add_to_group(group, chosen, options, "show",
                                "Show an entry; evidence is judged again, as of the entry's time", show);
    command.option("INDEX", options->index, "Which entry").required();
    command.flag("--raw", options->raw, "The entry's bytes as they are in the log, and nothing else");
    command.option("--bundle", options->bundle, "Write the evidence to this file, for busguard verify")
        .shown_as("FILE");
    add_log_options(command, options->log);
    add_judging_options(command, options->judging);
}

}  // namespace busguard::cli
