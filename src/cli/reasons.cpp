#include "appraisal/reason.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/text.h"

#include <fmt/format.h>

#include <memory>

namespace busguard::cli {
namespace {

struct ReasonsOptions {
    std::string code;
    bool roff = false;
};

/// mdoc(7): a line must not begin with a dot or an apostrophe, and a backslash is \e.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else
            out += c;
    }
    if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
    return out;
}

constexpr std::string_view page_head = R"(.\" Made by `busguard reasons --roff`; a test compares. Do not edit.
.Dd $Mdocdate$
.Dt BUSGUARD-REASONS 7
.Os busguard
.Sh NAME
.Nm busguard-reasons
.Nd reason codes of busguard's verdicts
.Sh DESCRIPTION
A verdict of
.Xr busguard 1
names a reason for every check that did not pass.
The codes are stable: scripts and policies may name them.
Each decides a verdict's state as given in parentheses.
.Bl -tag -width Ds
)";

constexpr std::string_view page_foot = R"(.El
.Sh SEE ALSO
.Xr busguard 1 ,
.Xr busguard-authenticate 1 ,
.Xr busguard-verify 1
)";

std::string page() {
    std::string out{page_head};
    for (const auto& reason : appraisal::all_reasons()) {
        out += fmt::format(".It Sy {} Pq {}\n", reason.code, name(reason.state));
        out += roff(reason.meaning) + "\n";
        out += ".Pp\nWhat follows:\n" + roff(reason.consequence) + "\n";
        out += ".Pp\nWhat to do:\n" + roff(reason.remedy) + "\n";
    }
    return out + std::string{page_foot};
}

Json to_json(const appraisal::Reason& reason) {
    return {{"code", reason.code},
            {"state", name(reason.state)},
            {"meaning", reason.meaning},
            {"consequence", reason.consequence},
            {"remedy", reason.remedy}};
}

Tried<std::vector<appraisal::Reason>> chosen_reasons(const ReasonsOptions& options) {
    const auto all = appraisal::all_reasons();
    if (options.code.empty()) return std::vector<appraisal::Reason>{all.begin(), all.end()};
    std::vector<appraisal::Reason> found;
    for (const auto& reason : all)
        if (reason.code == options.code || reason.code.starts_with(options.code + "."))
            found.push_back(reason);
    if (found.empty())
        return usage("CODE", fmt::format("no such reason code: {}", printable(options.code)),
                     "busguard reasons lists them");
    return found;
}

Tried<Exit> reasons(Session& session, const ReasonsOptions& options) {
    if (options.roff) {
        session.print(page());
        return Exit::ok;
    }
    const auto list = TRY(chosen_reasons(options));
    if (session.json()) {
        Json codes = Json::array();
        for (const auto& reason : list) codes.push_back(to_json(reason));
        print(session, {{"schema", "busguard.reasons/1"}, {"reasons", std::move(codes)}});
        return Exit::ok;
    }
    const bool whole = session.common().explain || !options.code.empty();
    Table table{{"CODE", "STATE", "MEANING"}};
    for (const auto& reason : list) {
        if (!whole) {
            table.row({{std::string{reason.code}},
                       {std::string{name(reason.state)}},
                       {std::string{reason.meaning}}});
            continue;
        }
        session.print(
            fmt::format("{} ({})\n", paint(reason.code, Tone::strong, session.colour()), name(reason.state)));
        session.print(wrapped(reason.meaning, "    "));
        session.print(wrapped(fmt::format("What follows: {}", reason.consequence), "    "));
        session.print(wrapped(fmt::format("What to do: {}", reason.remedy), "    "));
    }
    if (!whole) session.print(table.render(session.colour()));
    return Exit::ok;
}

}  // namespace

void add_reasons(Command program, Chosen& chosen) {
    auto command = program.command("reasons", "List the reason codes of verdicts, or explain one");
    auto options = std::make_shared<ReasonsOptions>();
    command.option("CODE", options->code, "A code, or its first word: chain, signature, ...");
    command.flag("--roff", options->roff, "The manual page busguard-reasons(7)");
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return reasons(session, *options); };
    });
}

}  // namespace busguard::cli
