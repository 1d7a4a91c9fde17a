#include "base/hex.h"
#include "base/parallel.h"
#include "cli/json.h"
#include "cli/log.h"
#include "cli/log_entry_view.h"
#include "cli/progress.h"
#include "cli/verdict_view.h"
#include "logbook/audit.h"
#include "tlog/trusted_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace busguard::cli {
namespace {

using tlog::tile_width;
constexpr std::size_t most_findings = 100;  // that are named; all are counted

struct Options {
    LogOptions log;
    JudgingOptions judging{.time = "entry"};
    std::string from, to, since;
};

/// What was found about a log.
struct Report {
    tlog::TreeHead head;
    std::uint64_t entries = 0, evidence = 0, signatures = 0, pruned = 0;
    std::map<std::string, std::uint64_t, std::less<>> states;   ///< of evidence, judged again
    std::map<std::string, std::uint64_t, std::less<>> reasons;  ///< why it was not authenticated
    std::map<std::string, std::uint64_t, std::less<>> kinds;
    std::vector<logbook::Finding> findings;  ///< the first, about the log itself
    std::uint64_t found = 0;                 ///< how many there are
    Exit exit = Exit::ok;

    void add(logbook::Finding finding) {
        exit = worse(exit, exit_of(appraisal::reason(finding.reason).state));
        ++found;
        if (findings.size() < most_findings) findings.push_back(std::move(finding));
    }
};

class Verification {
public:
    Verification(Session& session, const journal::PublishedLog& log, const EntryJudge& judge,
                 std::uint64_t from, std::uint64_t to)
        : session_{session},
          log_{log},
          judge_{judge},
          from_{from},
          to_{to},
          audit_{log.origin(), [this](std::uint64_t index) { return device_before(index); }} {
        report_.head = log.head();
    }

    Report run() && {
        Progress progress{session_, "entries"};
        for (auto at = from_; at < to_;) {
            const auto end = std::min(to_, (at / tile_width + 1) * tile_width);
            bundle(at, end);
            at = end;
            progress.at(at - from_, to_ - from_);
        }
        if (audit_.open() != 0) report_.exit = worse(report_.exit, Exit::undetermined);
        return std::move(report_);
    }

private:
    /// An entry on its way: read, then judged beside the others of its bundle.
    struct Piece {
        Checked<logbook::Entry> entry;
        bool gone = false;  ///< a blob that it refers to
        std::optional<appraisal::Verdict> verdict;
    };

    void bundle(std::uint64_t first, std::uint64_t end) {
        const auto held = log_.bundle(first / tile_width);
        if (!held && held.error().code == Errc::not_found && log_.leaves(first / tile_width)) {
            report_.pruned += end - first;
            return report_.add({first, "log.pruned", fmt::format("entries {} to {}", first, end - 1)});
        }
        if (!held) return report_.add({first, "log.damaged", in_words(held.error())});
        std::vector<Piece> pieces;
        for (auto index = first; index < end; ++index)
            pieces.push_back(read(index, as_text(held->entries[index - held->first])));
        in_parallel(pieces.size(), [&](std::size_t n) {
            auto& piece = pieces[n];
            if (!piece.entry) return;
            if (const auto* its = std::get_if<logbook::Evidence>(&piece.entry->what))
                piece.verdict = judge_(its->bundle, piece.entry->time);
        });
        for (std::size_t n = 0; n < pieces.size(); ++n) take(first + n, pieces[n]);
    }

    Piece read(std::uint64_t index, std::string_view text) {
        bool gone = false;
        const logbook::BlobSource blobs = [&](const tlog::TreeHash& name) -> Result<Bytes> {
            if (const auto known = blobs_.find(name); known != blobs_.end()) return known->second;
            auto bytes = log_.blob(name);
            gone = gone || (!bytes && bytes.error().code == Errc::not_found);
            // Chains come again and again; transcripts do not, and must not fill the memory.
            if (bytes && blobs_.size() < most_blobs && bytes->size() <= largest_kept)
                blobs_.emplace(name, *bytes);
            return bytes;
        };
        auto entry = logbook::decode(text, blobs, fmt::format("entry {}", index));
        return {std::move(entry), gone, std::nullopt};
    }

    void take(std::uint64_t index, const Piece& piece) {
        ++report_.entries;
        if (!piece.entry)
            return report_.add(
                {index, piece.gone ? "log.pruned" : "log.entry-unreadable", piece.entry.error().text()});
        ++report_.kinds[std::string{kind_of(*piece.entry)}];
        auto again = logbook::Again::open;
        if (piece.verdict) again = count(*piece.entry, *piece.verdict);
        for (auto& finding : audit_.take(index, *piece.entry, again)) report_.add(std::move(finding));
    }

    logbook::Again count(const logbook::Entry& entry, const appraisal::Verdict& verdict) {
        ++report_.evidence;
        report_.signatures += std::get<logbook::Evidence>(entry.what).bundle.records.size();
        ++report_.states[std::string{name(verdict.state)}];
        for (const auto code : reasons_of(verdict)) ++report_.reasons[std::string{code}];
        if (verdict.state == appraisal::State::authenticated) return logbook::Again::verifies;
        return verdict.state == appraisal::State::failed ? logbook::Again::refused : logbook::Again::open;
    }

    std::optional<std::string> device_before(std::uint64_t index) {
        const auto bytes = log_.entry(index);
        if (!bytes) return std::nullopt;
        const auto piece = read(index, as_text(*bytes));
        if (!piece.entry || !std::holds_alternative<logbook::Evidence>(piece.entry->what))
            return std::nullopt;
        return device_of(*piece.entry);
    }

    static constexpr std::size_t most_blobs = 4096, largest_kept = 65536;

    Session& session_;
    const journal::PublishedLog& log_;
    const EntryJudge& judge_;
    std::uint64_t from_, to_;
    std::map<tlog::TreeHash, Bytes> blobs_;
    logbook::Audit audit_;
    Report report_;
};

/// The checkpoint has its quorum, and the log holds the one that was remembered.
Tried<void> look_at_checkpoint(const LogAtHand& at, const journal::PublishedLog& log, const Options& options,
                               Report& report) {
    const auto last = log.head().size == 0 ? 0 : log.head().size - 1;
    if (at.policy) {
        if (const auto trusted = tlog::trust_checkpoint(log.note(), at.keys, *at.policy); !trusted)
            report.add({last, "log.no-quorum", in_words(trusted.error())});
    }
    if (options.since.empty()) return {};
    const auto remembered = TRY(read_checkpoint(options.since, at.keys));
    const auto held = log.holds(remembered.checkpoint.head);
    if (held) return {};
    const bool other = held.error().code == Errc::mismatch || held.error().code == Errc::bad_field;
    report.add({last, other ? "log.forked" : "log.damaged",
                fmt::format("the log does not hold the tree of size {} that {} tells of",
                            remembered.checkpoint.head.size, options.since)});
    return {};
}

Json counts_json(const std::map<std::string, std::uint64_t, std::less<>>& counts) {
    Json all = Json::object();
    for (const auto& [name, count] : counts) all[name] = count;
    return all;
}

Json to_json(const journal::PublishedLog& log, const Report& report) {
    Json findings = Json::array();
    for (const auto& one : report.findings)
        findings.push_back({{"index", one.index}, {"reason", one.reason}, {"detail", printable(one.detail)}});
    return {{"schema", "busguard.log-verify/1"},
            {"origin", log.origin()},
            {"size", report.head.size},
            {"root", to_base64(report.head.root)},
            {"entries", report.entries},
            {"pruned", report.pruned},
            {"kinds", counts_json(report.kinds)},
            {"evidence",
             {{"entries", report.evidence},
              {"signatures", report.signatures},
              {"states", counts_json(report.states)},
              {"reasons", counts_json(report.reasons)}}},
            {"found", report.found},
            {"findings", std::move(findings)}};
}

std::string to_text(const Report& report, bool colour) {
    std::string out;
    for (const auto& one : report.findings)
        out +=
            fmt::format("entry {}: {}\n", one.index,
                        paint(fmt::format("{}: {}", one.reason, printable(one.detail)), Tone::bad, colour));
    if (report.found > report.findings.size())
        out += fmt::format("and {} more\n", report.found - report.findings.size());
    const auto list = [](const auto& counts) {
        std::string text;
        for (const auto& [name, count] : counts)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
        return text.empty() ? std::string{"none"} : text;
    };
    out += fmt::format("{} of {} entries: {}\n", report.entries, report.head.size, list(report.kinds));
    out +=
        fmt::format("{} signatures verified again; evidence: {}\n", report.signatures, list(report.states));
    for (const auto& [code, count] : report.reasons) out += fmt::format("  {:>8}  {}\n", count, code);
    out += report.found == 0 ? "the log holds together\n"
                             : fmt::format("the log does not hold together: {} findings\n", report.found);
    return out;
}

Tried<Exit> verify(Session& session, const Options& options) {
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    const auto judge = TRY(EntryJudge::make(session, options.judging));
    const auto from = TRY(index_of("--from", options.from));
    const auto to = std::min(TRY(index_of("--to", options.to, log.head().size)), log.head().size);
    auto report = Verification{session, log, judge, from, to}.run();
    TRY(look_at_checkpoint(at, log, options, report));
    if (session.json())
        print(session, to_json(log, report));
    else
        session.print(to_text(report, session.colour()));
    return report.exit;
}

}  // namespace

void add_log_verify(Command group, Chosen& chosen) {
    const auto options = std::make_shared<Options>();
    auto command = add_to_group(
        group, chosen, options, "verify",
        "Verify the whole log again: checkpoint, tree, every signature, what entries refer to", verify);
    command.option("--from", options->from, "The first entry to verify").shown_as("INDEX");
    command.option("--to", options->to, "The first entry to verify no more").shown_as("INDEX");
    command
        .option("--since-checkpoint", options->since,
                "The log has to hold the tree of this checkpoint, which was remembered")
        .shown_as("FILE");
    add_log_options(command, options->log);
    add_judging_options(command, options->judging);
}

}  // namespace busguard::cli
