#include "daemon/log.h"

#include "base/parallel.h"

#include <algorithm>

namespace busguard::daemon {

Log::Log(std::unique_ptr<host::DurableFiles> files, const tlog::NoteSigner& signer, const Clock& clock,
         std::vector<tlog::VerifierKey> vkeys, std::optional<tlog::Cosigner> second)
    : clock_{&clock},
      origin_{signer.verifier().name()},
      files_{std::move(files)},
      signer_{signer, std::move(second), clock},
      reader_{vkeys.empty() ? std::vector{signer.verifier()} : std::move(vkeys)} {}

Checked<std::unique_ptr<Log>> Log::open(const std::string& database,
                                        std::unique_ptr<host::DurableFiles> files,
                                        const tlog::NoteSigner& signer, const Clock& clock,
                                        std::vector<tlog::VerifierKey> vkeys,
                                        std::optional<tlog::Cosigner> second) {
    std::unique_ptr<Log> log{new Log(std::move(files), signer, clock, std::move(vkeys), std::move(second))};
    log->journal_ = TRY(journal::Journal::open(database, *log->files_, log->signer_, log->reader_));
    const auto size = log->journal_->append({}, clock.calendar());
    if (!size) return fail(Problem{.where = database, .message = in_words(size.error())});
    log->size_ = *size;
    return log;
}

logbook::Entry Log::entry(decltype(logbook::Entry::what) what) const {
    return {.origin = origin_,
            .time = clock_->calendar(),
            .policy = rules_.policy,
            .anchors = rules_.anchors,
            .what = std::move(what)};
}

Result<std::uint64_t> Log::append(std::span<const logbook::Encoded> entries) {
    std::vector<ByteView> blobs;
    std::vector<journal::Entry> lines;
    lines.reserve(entries.size());
    for (const auto& one : entries) {
        for (const auto& blob : one.blobs) blobs.emplace_back(blob);
        lines.push_back({as_bytes(one.text), one.names});
    }
    if (!blobs.empty()) TRY(journal_->put_blobs(blobs));
    const auto first = TRY(journal_->append(lines, clock_->calendar()));
    size_ = first + lines.size();
    if (on_growth) on_growth();
    return first;
}

Result<std::vector<EvidenceIndex>> Log::keep(std::span<const evidence::Bundle* const> bundles) {
    std::vector<EvidenceIndex> indices(bundles.size());
    if (bundles.empty()) return indices;
    std::vector<std::optional<logbook::Encoded>> encoded(bundles.size());
    in_parallel(bundles.size(), [&](std::size_t n) {
        if (auto made = logbook::encode(entry(logbook::Evidence{*bundles[n]}))) encoded[n] = *std::move(made);
    });
    std::vector<logbook::Encoded> entries;
    for (auto& one : encoded)
        if (one) entries.push_back(*std::move(one));
    auto next = TRY(append(entries));
    for (std::size_t n = 0; n < bundles.size(); ++n)
        if (encoded[n]) indices[n] = next++;
    return indices;
}

Result<evidence::Bundle> Log::evidence(std::uint64_t index) {
    const auto text = TRY(journal_->entry(index));
    const auto blob = [this](const tlog::TreeHash& name) { return journal_->blob(name); };
    auto entry = logbook::decode(as_text(text), blob, "the log");
    if (!entry) return fail(Errc::bad_field, "entry");
    auto* const its = std::get_if<logbook::Evidence>(&entry->what);
    if (its == nullptr) return fail(Errc::not_found, "evidence");
    return std::move(its->bundle);
}

Result<void> Log::write_down(std::span<const Note> notes) {
    if (notes.empty()) return {};
    std::vector<logbook::Encoded> entries;
    entries.reserve(notes.size());
    for (const auto& note : notes)
        entries.push_back(
            TRY(std::visit([&](const auto& its) { return logbook::encode(entry(its)); }, note)));
    TRY(append(entries));
    return {};
}

Result<void> Log::publish() {
    published_ = TRY(journal_->publish()).size;
    return {};
}

Result<void> Log::tidy(std::optional<std::chrono::seconds> retain) {
    if (!retain || !published_) return journal_->tidy();
    const auto first = TRY(journal_->first_since(clock_->calendar() - *retain));
    return journal_->prune(
        std::clamp(first, journal_->minimum(), std::max(*published_, journal_->minimum())));
}

}  // namespace busguard::daemon
