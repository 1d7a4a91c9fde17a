#include "cli/devices.h"
#include "cli/report.h"

#include <memory>

namespace busguard::cli {
namespace {

struct ShowOptions {
    DeviceOptions devices;
    JudgingOptions judging;
    PlanOptions plan;
};

Tried<Exit> show(Session& session, const ShowOptions& options) {
    const auto target = TRY(Target::open(session, options.devices));
    const auto judge = TRY(judge_of(session, options.judging, target.anchors()));
    auto plan = plan_of(options.plan, judge);
    plan.plan.measure = spdm::Plan::Measure::all_at_once;
    auto visits = TRY(target.visit(session, plan));

    std::vector<Judged> all;
    all.reserve(visits.size());
    auto verdicts = judge(visits);
    for (std::size_t n = 0; n < visits.size(); ++n)
        all.push_back({std::move(visits[n]), std::move(verdicts[n]), {}});
    if (session.json()) {
        Json devices = Json::array();
        for (const auto& one : all) devices.push_back(report_json(one));
        print(session, {{"schema", "busguard.report/1"}, {"devices", std::move(devices)}});
        return exit_of(all, target.by_name());
    }
    for (const auto& one : all) {
        if (&one != &all.front()) session.print("\n");
        session.print(report_text(one, session.colour()));
    }
    if (session.common().explain) session.print(explanations(all, session.colour()));
    return exit_of(all, target.by_name());
}

}  // namespace

void add_show(Command program, Chosen& chosen) {
    auto command = program.command(
        "show", "Show all about a device: certificates, algorithms, measurements, every check");
    auto options = std::make_shared<ShowOptions>();
    add_device_options(command, options->devices);
    add_judging_options(command, options->judging);
    add_plan_options(command, options->plan);
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return show(session, *options); };
    });
}

}  // namespace busguard::cli
