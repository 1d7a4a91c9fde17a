#include "base/hex.h"
#include "base/parallel.h"
#include "cli/json.h"
#include "cli/log.h"
#include "cli/log_entry_view.h"
#include "cli/progress.h"
#include "cli/verdict_view.h"
#include "crypto/multi_buffer.h"
#include "logbook/audit.h"
#include "logbook/reverify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace busguard::cli {
namespace {

using tlog::tile_width;
constexpr std::size_t most_findings = 100;  // that are named; all are counted
constexpr std::size_t at_once = 1024;       // entries: enough to keep all processors busy

struct LogVerifyOptions {
    LogOptions log;
    std::vector<std::string> anchors;
    std::string time = "entry";
    std::string from, to, since;
};

/// What was found about a log.
struct Report {
    tlog::TreeHead head;
    std::optional<std::uint64_t> cosigned;  ///< entries that witnesses vouch for; asked with a policy
    std::uint64_t entries = 0, pruned = 0;
    std::uint64_t evidence = 0;                                 ///< entries of evidence; of those
    std::uint64_t unfinished = 0;                               ///< visits that ended early
    std::uint64_t refused = 0;                                  ///< others that do not verify
    std::uint64_t signatures = 0, verified = 0;                 ///< in them
    std::map<std::string, std::uint64_t, std::less<>> reasons;  ///< why evidence does not verify
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
    Verification(Session& session, const journal::PublishedLog& log, logbook::Reverifier& reverifier,
                 const LogVerifyOptions& options)
        : session_{session},
          log_{log},
          reverifier_{reverifier},
          dates_{options.time == "entry"},
          audit_{log.origin(), [this](std::uint64_t index) { return device_before(index); }} {
        report_.head = log.head();
    }
    Verification(const Verification&) = delete;
    Verification& operator=(const Verification&) = delete;
    ~Verification() = default;

    Report run(std::uint64_t from, std::uint64_t to) && {
        Progress progress{session_, "entries"};
        for (auto at = from; at < to;) {
            const auto end = std::min(to, ((at / tile_width) + 1) * tile_width);
            bundle(at, end);
            at = end;
            if (pieces_.size() >= at_once) take_all();
            progress.at(at - from, to - from);
        }
        take_all();
        if (audit_.open() != 0) report_.exit = worse(report_.exit, Exit::undetermined);
        return std::move(report_);
    }

private:
    /// An entry on its way: read, then verified beside others.
    struct Piece {
        std::uint64_t index = 0;
        Checked<logbook::Entry> entry;
        bool gone = false;  ///< a blob that it refers to

        const logbook::Evidence* evidence() const {
            return entry ? std::get_if<logbook::Evidence>(&entry->what) : nullptr;
        }
    };

    void bundle(std::uint64_t first, std::uint64_t end) {
        const auto held = log_.bundle(first / tile_width);
        if (!held && held.error().code == Errc::not_found && log_.leaves(first / tile_width)) {
            report_.pruned += end - first;
            report_.add({first, "log.pruned", fmt::format("entries {} to {}", first, end - 1)});
            return;
        }
        if (!held) {
            report_.add({first, "log.damaged", in_words(held.error())});
            return;
        }
        // Most of the time is for reading JSON, which every processor can do.
        std::vector<std::optional<Piece>> read_ones(end - first);
        in_parallel(read_ones.size(), [&](std::size_t n) {
            read_ones[n].emplace(read(first + n, as_text(held->entries[first + n - held->first])));
        });
        for (auto& one : read_ones) pieces_.push_back(*std::move(one));
    }

    void take_all() {
        std::vector<logbook::Doubted> doubted;
        for (const auto& piece : pieces_)
            if (const auto* its = piece.evidence())
                doubted.push_back({&its->bundle, dates_ ? std::optional{piece.entry->time} : std::nullopt});
        const auto verified = reverifier_.verify(doubted);
        auto next = verified.begin();
        for (const auto& piece : pieces_) take(piece, piece.evidence() != nullptr ? &*next++ : nullptr);
        pieces_.clear();
    }

    /// Calls from several threads are fine.
    Piece read(std::uint64_t index, std::string_view text) {
        bool gone = false;
        const logbook::BlobSource blobs = [&](const tlog::TreeHash& name) -> Result<Bytes> {
            {
                const std::lock_guard lock{blobs_mutex_};
                if (const auto known = blobs_.find(name); known != blobs_.end()) return known->second;
            }
            auto bytes = log_.blob(name);
            gone = gone || (!bytes && bytes.error().code == Errc::not_found);
            // Chains come again and again; transcripts do not, and must not fill the memory.
            const std::lock_guard lock{blobs_mutex_};
            if (bytes && blobs_.size() < most_blobs && bytes->size() <= largest_kept)
                blobs_.emplace(name, *bytes);
            return bytes;
        };
        auto entry = logbook::decode(text, blobs, fmt::format("entry {}", index));
        return {index, std::move(entry), gone};
    }

    void take(const Piece& piece, const logbook::Reverified* verified) {
        ++report_.entries;
        if (!piece.entry) {
            report_.add({piece.index, piece.gone ? "log.pruned" : "log.entry-unreadable",
                         piece.entry.error().text()});
            return;
        }
        ++report_.kinds[std::string{kind_of(*piece.entry)}];
        const auto again = verified != nullptr ? count(piece, *verified) : logbook::Again::open;
        for (auto& finding : audit_.take(piece.index, *piece.entry, again)) report_.add(std::move(finding));
    }

    logbook::Again count(const Piece& piece, const logbook::Reverified& verified) {
        ++report_.evidence;
        report_.signatures += piece.evidence()->bundle.records.size();
        report_.verified += verified.signatures;
        const auto verdict = appraisal::concluded(verified.faults);
        for (const auto code : reasons_of(verdict)) ++report_.reasons[std::string{code}];
        const bool good = verdict.state == appraisal::State::authenticated;
        if (piece.evidence()->bundle.failure) {
            ++report_.unfinished;
            return good ? logbook::Again::open : logbook::Again::refused;
        }
        if (good) return logbook::Again::verifies;
        ++report_.refused;
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
    logbook::Reverifier& reverifier_;
    bool dates_;
    std::vector<Piece> pieces_;
    std::mutex blobs_mutex_;
    std::map<tlog::TreeHash, Bytes> blobs_;
    logbook::Audit audit_;
    Report report_;
};

/// A checkpoint has the policy's quorum, and the log holds what was cosigned and what was remembered.
Tried<void> look_at_checkpoints(const LogAtHand& at, const journal::PublishedLog& log,
                                const LogVerifyOptions& options, Report& report) {
    const auto last = log.head().size == 0 ? 0 : log.head().size - 1;
    const auto not_held = [&](const Error& error, const std::string& which) {
        const bool other = error.code == Errc::mismatch || error.code == Errc::bad_field;
        report.add({last, other ? "log.forked" : "log.damaged",
                    fmt::format("the log does not hold the tree that {} tells of", which)});
    };
    const auto beside = log.cosigned();
    if (!beside) not_held(beside.error(), std::string{journal::cosigned_path});
    if (at.policy && beside) {
        const auto cosigned = TRY(cosigned_checkpoint(at, options.log, log));
        if (cosigned) report.cosigned = cosigned->its.checkpoint.head.size;
        if (!cosigned)
            report.add({last, "log.no-quorum", "no checkpoint has the policy's quorum of witnesses"});
    }
    if (options.since.empty()) return {};
    const auto remembered = TRY(read_checkpoint(options.since, at.keys));
    if (const auto held = log.holds(remembered.checkpoint.head); !held) not_held(held.error(), options.since);
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
            {"cosigned", report.cosigned ? Json(*report.cosigned) : Json(nullptr)},
            {"entries", report.entries},
            {"pruned", report.pruned},
            {"kinds", counts_json(report.kinds)},
            {"evidence",
             {{"entries", report.evidence},
              {"unfinished", report.unfinished},
              {"refused", report.refused},
              {"signatures", report.signatures},
              {"verified", report.verified},
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
    out += fmt::format("evidence: {} of {} signatures verify; {} visits ended early, {} others are refused\n",
                       report.verified, report.signatures, report.unfinished, report.refused);
    for (const auto& [code, count] : report.reasons) out += fmt::format("  {:>8}  {}\n", count, code);
    if (report.cosigned)
        out += fmt::format("a quorum of witnesses vouches for the first {} of {} entries\n", *report.cosigned,
                           report.head.size);
    out += report.found == 0 ? "the log holds together\n"
                             : fmt::format("the log does not hold together: {} findings\n", report.found);
    return out;
}

Tried<Exit> verify(Session& session, const LogVerifyOptions& options) {
    const auto at = TRY(log_at_hand(session, options.log));
    const auto log = TRY(open_log(at, options.log));
    const auto judge = TRY(judge_of(session, {.anchors = options.anchors, .time = "ignore"}, {}));
    const auto engine = crypto::MultiBuffer::load();
    session.detail(engine ? "busguard: signatures eight at a time, by " + (*engine)->name()
                          : "busguard: signatures by OpenSSL alone");
    logbook::Reverifier reverifier{judge.demands().standard.anchors, engine ? engine->get() : nullptr};
    const auto from = TRY(index_of("--from", options.from));
    const auto to = std::min(TRY(index_of("--to", options.to, log.head().size)), log.head().size);
    auto report = Verification{session, log, reverifier, options}.run(from, to);
    TRY(look_at_checkpoints(at, log, options, report));
    if (session.json())
        print(session, to_json(log, report));
    else
        session.print(to_text(report, session.colour()));
    return report.exit;
}

}  // namespace

void add_log_verify(Command group, Chosen& chosen) {
    const auto options = std::make_shared<LogVerifyOptions>();
    auto command = add_to_group(
        group, chosen, options, "verify",
        "Verify the whole log again: checkpoint, tree, every signature, what entries refer to", verify);
    command.option("--from", options->from, "The first entry to verify").shown_as("INDEX");
    command.option("--to", options->to, "The first entry to verify no more").shown_as("INDEX");
    command
        .option("--since-checkpoint", options->since,
                "The log has to hold the tree of this checkpoint, which was remembered")
        .shown_as("FILE");
    command
        .option("--anchors", options->anchors,
                fmt::format("Root certificates to trust: files, or directories of files (default: {})",
                            default_anchors))
        .shown_as("FILE|DIR")
        .repeatable();
    command
        .option("--time", options->time,
                "Certificates have to have been valid at the entry's time (entry, the default), or ignore")
        .shown_as("entry|ignore")
        .one_of({"entry", "ignore"});
    add_log_options(command, options->log);
}

}  // namespace busguard::cli
