#include "cli/devices.h"
#include "cli/judging.h"
#include "cli/options.h"
#include "cli/verdict_view.h"
#include "evidence/bundle_file.h"
#include "host/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace busguard::cli {
namespace {

struct AuthenticateOptions {
    DeviceOptions devices;
    JudgingOptions judging;
    PlanOptions plan;
    std::string evidence;
    bool measure = false;
};

/// Before anyone judges it: what a device said is kept, failed attempts included.
Tried<std::string> keep(const examine::Visited& visited, const std::string& evidence, bool into_directory) {
    if (evidence.empty() || !visited.bundle) return std::string{};
    auto file = evidence;
    if (into_directory) {
        auto name = visited.device;
        std::ranges::replace(name, '/', '-');
        file = (std::filesystem::path{evidence} / (name + ".json")).string();
    }
    const auto text = evidence::to_json(*visited.bundle);
    TRY(or_trouble("file", host::write_file(file, as_bytes(text))));
    return file;
}

Tried<Exit> authenticate(Session& session, const AuthenticateOptions& options) {
    const auto target = TRY(Target::open(session, options.devices));
    const auto judge = TRY(judge_of(session, options.judging, target.anchors()));
    auto plan = plan_of(options.plan, judge);
    if (options.measure) plan.plan.measure = spdm::Plan::Measure::all_at_once;
    auto visits = TRY(target.visit(session, plan));

    std::error_code ignored;
    const bool directory = visits.size() > 1 || options.evidence.ends_with('/') ||
                           std::filesystem::is_directory(options.evidence, ignored);
    if (directory && !options.evidence.empty())
        TRY(or_trouble("file", host::make_directory(options.evidence)));
    std::vector<std::string> files;
    files.reserve(visits.size());
    for (const auto& visited : visits) files.push_back(TRY(keep(visited, options.evidence, directory)));
    auto verdicts = judge(visits);
    std::vector<Judged> all;
    all.reserve(visits.size());
    for (std::size_t n = 0; n < visits.size(); ++n)
        all.push_back({std::move(visits[n]), std::move(verdicts[n]), std::move(files[n])});
    print_verdicts(session, all);
    return exit_of(all, target.by_name());
}

}  // namespace

void add_authenticate(Command program, Chosen& chosen) {
    auto command =
        program.command("authenticate", "Authenticate devices: negotiate, challenge, check, judge");
    auto options = std::make_shared<AuthenticateOptions>();
    add_device_options(command, options->devices);
    add_judging_options(command, options->judging);
    add_plan_options(command, options->plan);
    command.flag("--measure", options->measure, "Ask for signed measurements too");
    command
        .option("--evidence", options->evidence,
                "Keep what the devices said: a file for one device, a directory for several")
        .shown_as("FILE|DIR");
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return authenticate(session, *options); };
    });
}

}  // namespace busguard::cli
