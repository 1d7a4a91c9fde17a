#include "cli/log.h"
#include "cli/log_entry_view.h"
#include "cli/place.h"
#include "cli/time.h"
#include "tlog/tile.h"

#include <fmt/format.h>

#include <algorithm>

namespace busguard::cli {
namespace {

constexpr std::size_t usual = 50;  // entries

struct LogListOptions {
    LogOptions log;
    std::string from, to, device, kind, since;
    bool failed = false;
};

struct Listed {
    std::uint64_t index = 0;
    Checked<logbook::Entry> entry;
};

/// What entries have to be to be listed.
struct Filter {
    std::string device, kind;
    std::optional<std::chrono::sys_seconds> since;
    bool failed = false;

    bool passes(const logbook::Entry& entry) const {
        return (device.empty() || device_of(entry) == device) && (kind.empty() || kind_of(entry) == kind) &&
               (!since || entry.time >= *since) && (!failed || is_failed(entry));
    }
    bool all() const { return device.empty() && kind.empty() && !since && !failed; }
};

Tried<Filter> filter_of(const LogListOptions& options) {
    Filter filter{.device = options.device, .kind = options.kind, .since = {}, .failed = options.failed};
    if (const auto name = device_name(options.device)) filter.device = *name;
    if (options.since.empty()) return filter;
    filter.since = parse_time(options.since);
    if (!filter.since) return usage("--since", "no time", "say for example 2026-01-31T12:00:00Z");
    return filter;
}

/// A list shows no chain: where they need not be read, they are not.
Checked<logbook::Entry> read_entry(const journal::PublishedLog& log, std::uint64_t index,
                                   std::string_view text) {
    const auto where = fmt::format("entry {}", index);
    const auto nothing = [](const tlog::TreeHash&) -> Result<Bytes> { return Bytes{}; };
    auto entry = logbook::decode(text, nothing, where);
    return entry ? std::move(entry) : logbook::decode(text, blobs_of(log), where);
}

/// From the end backwards, until there are enough.
Tried<std::vector<Listed>> entries_of(const journal::PublishedLog& log, const LogListOptions& options) {
    const auto filter = TRY(filter_of(options));
    const auto size = log.head().size;
    const auto kept = TRY(or_trouble(options.log.log, log.first_kept()));
    const auto from = std::max(TRY(index_of("--from", options.from)), kept);
    const auto to = std::min(TRY(index_of("--to", options.to, size)), size);
    const bool range = !options.from.empty() || !options.to.empty();
    std::vector<Listed> found;
    for (auto end = to; end > from && (range || found.size() < usual);) {
        const auto bundle = TRY(or_trouble(fmt::format("{}/tile/entries", options.log.log),
                                           log.bundle((end - 1) / tlog::tile_width)));
        for (; end > from && end > bundle.first && (range || found.size() < usual); --end) {
            auto entry = read_entry(log, end - 1, as_text(bundle.entries[end - 1 - bundle.first]));
            if (entry ? filter.passes(*entry) : filter.all()) found.push_back({end - 1, std::move(entry)});
        }
    }
    std::ranges::reverse(found);
    return found;
}

Json to_json(const Listed& one) {
    if (one.entry) return entry_json(one.index, *one.entry);
    return {{"index", one.index}, {"unreadable", one.entry.error().text()}};
}

std::string table_of(const std::vector<Listed>& all, bool colour) {
    Table table{{"INDEX", "TIME", "KIND", "DEVICE", "WHAT"}};
    for (const auto& [index, entry] : all) {
        if (!entry) {
            table.row({{fmt::format("{}", index)},
                       {"-"},
                       {"-"},
                       {"-"},
                       {printable(entry.error().text()), Tone::bad}});
            continue;
        }
        const auto device = device_of(*entry);
        table.row({{fmt::format("{}", index)},
                   {format_time(entry->time), Tone::quiet},
                   {std::string{kind_of(*entry)}},
                   {device.empty() ? "-" : printable(device)},
                   {in_short(*entry), tone_of(*entry)}});
    }
    return table.render(colour);
}

Tried<Exit> list(Session& session, const LogListOptions& options) {
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    const auto all = TRY(entries_of(log, options));
    if (session.json()) {
        Json entries = Json::array();
        for (const auto& one : all) entries.push_back(to_json(one));
        print(session, {{"schema", "busguard.log-entries/1"},
                        {"origin", log.origin()},
                        {"size", log.head().size},
                        {"entries", std::move(entries)}});
        return Exit::ok;
    }
    session.print(table_of(all, session.colour()));
    return Exit::ok;
}

}  // namespace

void add_log_list(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogListOptions>();
    auto command =
        add_to_group(group, chosen, options, "list",
                     "Show entries, the newest last: the last 50, or those that are asked for", list);
    command.option("--from", options->from, "The first entry to show").shown_as("INDEX");
    command.option("--to", options->to, "The first entry to show no more").shown_as("INDEX");
    command.option("--device", options->device, "Only entries of this device").shown_as("DEVICE");
    command.option("--kind", options->kind, "Only entries of this kind: evidence, verdict, change, new-key")
        .shown_as("KIND")
        .one_of({"evidence", "verdict", "change", "new-key"});
    command.option("--since", options->since, "Only entries of this time or later (RFC 3339)")
        .shown_as("TIME");
    command.flag("--failed", options->failed,
                 "Only evidence that ended early, and verdicts of devices that failed");
    add_log_options(command, options->log);
}

}  // namespace busguard::cli
