#include "cli/devices.h"
#include "cli/report.h"
#include "host/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace busguard::cli {
namespace {

struct MeasureOptions {
    DeviceOptions devices;
    JudgingOptions judging;
    PlanOptions plan;
    std::string record;
    bool raw = false;
    bool one_by_one = false;
};

/// A reference out of what an authenticated device said.
Tried<void> record(Session& session, const Judged& judged, const std::string& file) {
    if (judged.verdict.state != appraisal::State::authenticated) {
        session.say(fmt::format("{}: not recorded, because it is not authenticated", judged.visited.device));
        return {};
    }
    const auto reference = TRY(or_trouble(
        judged.visited.device, appraisal::record_reference(*judged.visited.bundle, judged.visited.device)));
    const auto text = appraisal::to_json(reference);
    TRY(or_trouble("file", host::write_file(file, as_bytes(text))));
    session.say(fmt::format("{}: {} measurements recorded in {}", judged.visited.device,
                            reference.values.size(), file));
    return {};
}

Tried<void> record_all(Session& session, const std::vector<Judged>& all, const std::string& to) {
    std::error_code ignored;
    if (all.size() == 1 && !to.ends_with('/') && !std::filesystem::is_directory(to, ignored))
        return record(session, all.front(), to);
    TRY(or_trouble("file", host::make_directory(to)));
    for (const auto& one : all) {
        if (!one.visited.bundle || one.visited.bundle->measurements.empty()) continue;
        auto name = one.visited.device;
        std::ranges::replace(name, '/', '-');
        TRY(record(session, one, (std::filesystem::path{to} / (name + ".json")).string()));
    }
    return {};
}

Json to_json_with_measurements(const Judged& judged) {
    const auto& bundle = judged.visited.bundle;
    auto out = to_json(judged);
    out["signed"] = bundle ? Json(bundle->measurements_signed) : Json(nullptr);
    return out;
}

void print_measurements(const Session& session, const std::vector<Judged>& all) {
    if (session.json()) {
        Json devices = Json::array();
        for (const auto& one : all) devices.push_back(to_json_with_measurements(one));
        print(session, {{"schema", "busguard.measurements/1"}, {"devices", std::move(devices)}});
        return;
    }
    for (const auto& one : all) {
        const auto& verdict = one.verdict;
        auto head = paint(printable(one.visited.device), Tone::strong, session.colour()) + "  " +
                    paint(name(verdict.state), tone_of(verdict.state), session.colour());
        if (verdict.primary != nullptr) head += fmt::format("  {}", verdict.primary->code);
        session.print(head + "\n" + measurements_text(one, session.colour()));
    }
    if (session.common().explain) session.print(explanations(all, session.colour()));
}

Tried<Exit> measure(Session& session, const MeasureOptions& options) {
    const auto target = TRY(Target::open(session, options.devices));
    const auto judge = TRY(judge_of(session, options.judging, target.anchors()));
    auto plan = plan_of(options.plan, judge);
    plan.plan.measure =
        options.one_by_one ? spdm::Plan::Measure::one_by_one : spdm::Plan::Measure::all_at_once;
    plan.plan.raw_measurements = options.raw;
    auto visits = TRY(target.visit(session, plan));

    std::vector<Judged> all;
    auto worst = Exit::ok;
    auto verdicts = judge(visits);
    for (std::size_t n = 0; n < visits.size(); ++n) {
        auto& visited = visits[n];
        auto& verdict = verdicts[n];
        const bool empty = !visited.bundle || visited.bundle->measurements.empty();
        if (empty && verdict.state == appraisal::State::authenticated && target.by_name())
            worst = worse(worst, Exit::unsupported);
        all.push_back({std::move(visited), std::move(verdict), {}});
    }
    print_measurements(session, all);
    if (!options.record.empty()) TRY(record_all(session, all, options.record));
    return worse(worst, exit_of(all, target.by_name()));
}

}  // namespace

void add_measure(Command program, Chosen& chosen) {
    auto command = program.command(
        "measure", "Show a device's measurements, record them, or compare them with a record");
    auto options = std::make_shared<MeasureOptions>();
    add_device_options(command, options->devices);
    add_judging_options(command, options->judging);
    add_plan_options(command, options->plan);
    command
        .option(
            "--record", options->record,
            "Write what an authenticated device measures as a reference: a file, or a directory for several")
        .shown_as("FILE|DIR")
        .excludes("--reference");
    command.flag("--raw", options->raw, "Ask for bit streams instead of digests (SPDM 1.2)");
    command.flag("--one-by-one", options->one_by_one, "Ask for each measurement on its own");
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return measure(session, *options); };
    });
}

}  // namespace busguard::cli
