#include "cli/json.h"
#include "cli/text.h"
#include "cli/verdict_view.h"
#include "host/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace busguard::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_verdict = 1U << 20U;

struct StatusOptions {
    std::string runtime = "/run/busguard";
    bool all = false;
};

/// verdict.json of busguard-files(5), as far as it is shown here.
struct Shown {
    Json document;
    std::string device, standing, state, reason, rule, driver, owner;
    bool enforcing = false;
};

std::string text_at(const Json& document, std::string_view pointer) {
    const auto at = Json::json_pointer{std::string{pointer}};
    if (!document.contains(at) || !document.at(at).is_string()) return {};
    return printable(document.at(at).get<std::string>());
}

Tried<Shown> read_verdict(const fs::path& file) {
    const auto bytes = TRY(or_trouble("file", host::read_file(file, largest_verdict)));
    auto document = Json::parse(as_text(bytes), nullptr, false);
    if (document.is_discarded() || !document.is_object())
        return trouble("file",
                       {.where = file, .line = 0, .field = {}, .message = "is no JSON object", .remedy = {}});
    Shown shown{.document = std::move(document)};
    shown.device = text_at(shown.document, "/device");
    shown.standing = text_at(shown.document, "/standing");
    shown.state = text_at(shown.document, "/verdict/state");
    shown.reason = text_at(shown.document, "/verdict/reason");
    shown.rule = text_at(shown.document, "/decision/rule");
    shown.driver = text_at(shown.document, "/driver");
    shown.owner = text_at(shown.document, "/owner");
    shown.enforcing = shown.document.value("enforcing", false);
    return shown;
}

Tried<std::vector<Shown>> read_all(const fs::path& devices) {
    std::error_code why;
    std::vector<fs::path> files;
    for (fs::directory_iterator bus{devices, why}, end; !why && bus != end; bus.increment(why)) {
        std::error_code none;
        for (fs::directory_iterator device{bus->path(), none}; !none && device != end; device.increment(none))
            files.push_back(device->path() / "verdict.json");
    }
    if (why || files.empty())
        return trouble("daemon", {.where = devices.string(),
                                  .line = 0,
                                  .field = {},
                                  .message = "no busguardd shows devices here",
                                  .remedy = "systemctl start busguardd, or name its --runtime directory"});
    std::ranges::sort(files);
    std::vector<Shown> all;
    all.reserve(files.size());
    for (const auto& file : files) {
        auto shown = read_verdict(file);
        std::error_code gone;
        if (!shown && !fs::exists(file, gone)) continue;  // unplugged meanwhile
        if (!shown) return Failure<Trouble>{shown.error()};
        all.push_back(*std::move(shown));
    }
    return all;
}

Tone tone_of_standing(std::string_view standing) {
    if (standing == "let-in") return Tone::good;
    if (standing == "quarantined") return Tone::bad;
    return standing == "kept-out" ? Tone::caution : Tone::quiet;
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

std::string table_of(const std::vector<Shown>& all, bool colour) {
    Table table{{"DEVICE", "STANDING", "STATE", "DRIVER", "OWNER", "RULE", "REASON"}};
    for (const auto& one : all) {
        const auto state = appraisal::state_named(one.state);
        table.row({{one.device},
                   {one.standing, tone_of_standing(one.standing)},
                   {or_dash(one.state), state ? tone_of(*state) : Tone::quiet},
                   {or_dash(one.driver)},
                   {or_dash(one.owner)},
                   {or_dash(one.rule)},
                   {or_dash(one.reason)}});
    }
    return table.render(colour);
}

Exit exit_of(const std::vector<Shown>& all) {
    return std::ranges::any_of(all, [](const Shown& one) { return one.standing == "quarantined"; })
               ? Exit::failed
               : Exit::ok;
}

Tried<Exit> status(Session& session, const StatusOptions& options) {
    auto all = TRY(read_all(fs::path{options.runtime} / "devices"));
    const auto exit = exit_of(all);
    const bool enforcing = std::ranges::all_of(all, &Shown::enforcing);
    if (session.json()) {
        Json devices = Json::array();
        for (auto& one : all) devices.push_back(std::move(one.document));
        print(session,
              {{"schema", "busguard.status/1"}, {"enforcing", enforcing}, {"devices", std::move(devices)}});
        return exit;
    }
    const auto count = [&](std::string_view standing) {
        return std::ranges::count(all, standing, &Shown::standing);
    };
    const auto summary =
        fmt::format("{}: {} devices, {} let in, {} kept out, {} quarantined, {} waiting\n",
                    enforcing ? "enforcing" : "observing (no driver is touched)", all.size(), count("let-in"),
                    count("kept-out"), count("quarantined"), count("waiting"));
    if (!options.all)
        std::erase_if(
            all, [](const Shown& one) { return one.standing == "let-in" && one.state == "unsupported"; });
    session.print(table_of(all, session.colour()) + "\n" + summary);
    return exit;
}

}  // namespace

void add_status(Command program, Chosen& chosen) {
    auto command =
        program.command("status", "Show what busguardd says of each device, without asking them again");
    auto options = std::make_shared<StatusOptions>();
    command.option("--runtime", options->runtime, "The daemon's directory (default: /run/busguard)")
        .shown_as("DIR");
    command.flag("--all", options->all, "Also what is let in and has nothing to prove itself by");
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return status(session, *options); };
    });
}

}  // namespace busguard::cli
