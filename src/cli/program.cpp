#include "cli/program.h"

#include "cli/json.h"
#include "cli/options.h"
#include "cli/text.h"
#include "cli/version.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <span>

namespace busguard::cli {
namespace {

/// Options as "-o,--output FORM", without the library's lists of what excludes what.
class Form final : public CLI::Formatter {
public:
    Form() { column_width(28); }
    std::string make_option_opts(const CLI::Option* option) const override {
        if (option->get_type_size() == 0 || option->get_positional()) return {};
        const auto type = option->get_type_name();
        return " " + type.substr(0, type.find(':'));
    }
};

constexpr auto after_help =
    "A device is named pci/0000:01:00.0, or shortly 01:00.0. Exit status: 0 all is well, 1 usage or "
    "trouble,\n"
    "2 refused, 3 unreachable or undetermined, 4 unsupported, 5 no reference values. See busguard(1).";

void add_commands(CLI::App& app, Chosen& chosen) {
    const Command program{app};
    app.formatter(std::make_shared<Form>());
    app.description(
        "Authenticates devices on PCI by SPDM: who is it, can it prove it, is its firmware what it should "
        "be?");
    app.footer(after_help);
    app.set_version_flag("--version", std::string{"busguard "} + version, "Show the version and end")
        ->group("Options of every command");
    app.require_subcommand(1);
    add_common(program, chosen.common);
    add_list(program, chosen);
    add_authenticate(program, chosen);
    add_show(program, chosen);
    add_measure(program, chosen);
    add_verify(program, chosen);
    add_decode(program, chosen);
    add_doctor(program, chosen);
    add_emulate(program, chosen);
    add_pki(program, chosen);
    add_policy(program, chosen);
    add_status(program, chosen);
    add_monitor(program, chosen);
    add_release(program, chosen);
    add_claim(program, chosen);
    add_reasons(program, chosen);
    add_log(program, chosen);
    add_witness(program, chosen);
    for (auto* command : app.get_subcommands({})) add_common(Command{*command}, chosen.common);
}

/// How many letters have to change to make one word the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t n = 0; n < row.size(); ++n) row[n] = n;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
        }
    }
    return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    std::string best;
    auto least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& one : known) {
        const auto far = distance(word, one);
        if (far < least) {
            least = far;
            best = one;
        }
    }
    return best;
}

const CLI::App& deepest(const CLI::App& app) {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? app : deepest(*parsed.front());
}

std::string full_name(const CLI::App& app) {
    return app.get_parent() == nullptr ? "busguard" : full_name(*app.get_parent()) + " " + app.get_name();
}

Trouble unknown_word(const CLI::App& at, const std::string& word) {
    const bool option = word.size() > 1 && word.front() == '-';
    std::vector<std::string> known;
    if (option) {
        for (const auto* one : at.get_options())
            for (const auto& name : one->get_lnames()) known.push_back("--" + name);
    } else {
        for (const auto* one : at.get_subcommands([](const CLI::App*) { return true; }))
            known.push_back(one->get_name());
    }
    const auto name = word.substr(0, word.find('='));
    const auto meant = nearest(name, known);
    auto remedy = meant.empty() ? "see " + full_name(at) + " --help" : "did you mean " + meant + "?";
    std::string message = known.empty() ? "one word too many" : "no such command";
    if (option) message = "no such option";
    return {"usage",
            {.where = {},
             .line = 0,
             .field = printable(name),
             .message = std::move(message),
             .remedy = std::move(remedy)}};
}

/// What CLI11 found wrong, in our form: the option, the value, what to do.
Trouble explain(const CLI::App& app, const CLI::ParseError& error) {
    const auto& at = deepest(app);
    const auto help = "see " + full_name(at) + " --help";
    const bool incomplete = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    const bool excess = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    // Without a command every word is one too many: the first is the one that was meant to be it.
    if (const auto rest = app.remaining(true); !rest.empty() && (excess || (incomplete && &at == &app)))
        return unknown_word(at, rest.front());
    std::string text = error.what();
    std::string field;
    if (text.starts_with('-')) {
        const auto end = text.find_first_of(" :,");
        field = text.substr(0, end);
        text = end == std::string::npos ? text : text.substr(text.find_first_not_of(" :,", end));
    } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
               text.starts_with("A subcommand")) {
        text = "no command was given";
    }
    return {"usage",
            {.where = {}, .line = 0, .field = printable(field), .message = printable(text), .remedy = help}};
}

/// Errors have to have the wanted form even where the command line does not parse.
bool wants_json(std::span<const char* const> words) {
    bool json = false;
    std::string_view before;
    for (const std::string_view word : words) {
        if (before == "-o" || before == "--output") json = word == "json";
        if (word == "-ojson" || word == "--output=json" || word == "-o=json") json = true;
        if (word == "--") break;
        before = word;
    }
    return json;
}

void report(const Session& session, const Trouble& trouble) {
    if (session.json()) {
        print(session, to_json(trouble));
        return;
    }
    const auto line = paint("busguard:", Tone::bad, session.colour() && session.world().err_colourful) + " " +
                      trouble.problem.text() + "\n";
    (void)std::fwrite(line.data(), 1, line.size(), session.world().err);
}

int parse_and_act(int argc, const char* const* argv, World& world, Chosen& chosen) {
    CLI::App app;
    app.name("busguard");
    add_commands(app, chosen);
    Session session{world, chosen.common};
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        session.print(app.help());
        return 0;
    } catch (const CLI::CallForVersion& asked) {
        session.print(std::string{asked.what()} + "\n");
        return 0;
    } catch (const CLI::ParseError& error) {
        chosen.common.output = wants_json({argv, static_cast<std::size_t>(argc)}) ? "json" : "text";
        report(session, explain(app, error));
        return static_cast<int>(Exit::trouble);
    }
    const auto done = chosen.action(session);
    if (done) return static_cast<int>(*done);
    report(session, done.error());
    return static_cast<int>(Exit::trouble);
}

}  // namespace

int run(int argc, const char* const* argv, World& world) {
    Chosen chosen;
    auto status = parse_and_act(argc, argv, world, chosen);
    // What could not be written was not said: a full disk must not look like success.
    if (std::fflush(world.out) != 0 || std::ferror(world.out) != 0) {
        (void)std::fputs("busguard: standard output could not be written\n", world.err);
        status = static_cast<int>(Exit::trouble);
    }
    return status;
}

}  // namespace busguard::cli
