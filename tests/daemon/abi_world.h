#pragma once

#include "appraisal/appraise.h"
#include "daemon/file_abi.h"
#include "tests/evidence/support.h"

#include <string>
#include <utility>
#include <vector>

/// The file ABI over evidence that is kept in memory.
namespace busguard::daemon {

class SetClock final : public Clock {
public:
    Time now() const override { return {}; }
    std::chrono::sys_seconds calendar() const override { return when; }
    void wait(Time, std::span<const int>) override {}

    std::chrono::sys_seconds when = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};
};

struct AbiWorld {
    struct Asked {
        std::string device;
        FileAbi::Actions::Done done;
    };

    /// Keeps a bundle and records its signatures.
    void record(const std::string& device, evidence::Bundle bundle) {
        kept.push_back(std::move(bundle));
        abi.record(device, kept.size() - 1, kept.back());
    }

    /// What a file holds, or "errno N".
    std::string read(std::string_view path) const {
        const auto bytes = tree.read(path);
        return bytes ? std::string{as_text(*bytes)}
                     : "errno " + std::to_string(host::to_errno(bytes.error()));
    }
    /// 0, or the errno.
    int write(std::string_view path, std::string_view text) {
        const auto done = tree.write(path, as_bytes(text));
        return done ? 0 : host::to_errno(done.error());
    }

    SetClock clock;
    host::NodeTree tree;
    std::vector<evidence::Bundle> kept;
    std::size_t loads = 0;
    bool store_fails = false;
    std::vector<Asked> asked;
    std::vector<std::string> ordered;
    Result<void> orders_end;
    FileAbi abi{tree,
                clock,
                {.reauthenticate =
                     [this](const std::string& device, FileAbi::Actions::Done done) {
                         asked.push_back({device, std::move(done)});
                     },
                 .release = [this](const std::string& device) -> Result<void> {
                     ordered.push_back("release " + device);
                     return orders_end;
                 },
                 .claim = [this](const std::string& device) -> Result<void> {
                     ordered.push_back("claim " + device);
                     return orders_end;
                 },
                 .load = [this](const RecordPlace& place) -> Result<evidence::Record> {
                     ++loads;
                     if (store_fails) return fail(Errc::not_found, "evidence");
                     return kept.at(place.evidence).records.at(place.record);
                 }}};
};

inline constexpr auto drive = "pci/0000:01:00.0";
inline const std::string at = std::string{drive} + "/";

inline const evidence::test::Hierarchy& hierarchy() {
    static const evidence::test::Hierarchy made;
    return made;
}

inline DeviceView view_of(const std::string& device,
                          DeviceView::Support support = DeviceView::Support::present) {
    return {.device = device,
            .support = support,
            .owner = "native",
            .verdict_json = std::make_shared<const std::string>("{}\n")};
}

/// What one attempt with a genuine device brought back.
struct Attempt {
    examine::Visited visited;
    appraisal::Verdict verdict;
};

inline Attempt attempt_of(evidence::Bundle bundle, bool trusted = true) {
    appraisal::Standard standard;
    standard.at = crypto::test::date(2026, 11, 22);
    if (trusted) standard.anchors.add(evidence::test::root().certificate, "test");
    Attempt attempt{.visited = {.device = drive, .bundle = std::move(bundle)}, .verdict = {}};
    attempt.verdict = appraisal::appraise(*attempt.visited.bundle, standard);
    return attempt;
}

/// Shows a device after an attempt, with the attempt's signatures.
inline void show_attempt(AbiWorld& world, const std::string& device, const Attempt& attempt) {
    const auto* before = world.abi.view(device);
    auto view = before != nullptr ? *before : view_of(device, DeviceView::Support::unknown);
    take_in(view, attempt.visited, attempt.verdict);
    EXPECT_TRUE(world.abi.show(std::move(view)));
    if (attempt.visited.bundle) world.record(device, *attempt.visited.bundle);
}

}  // namespace busguard::daemon
