#include "cli/options.h"

#include <CLI/CLI.hpp>

namespace busguard::cli {

bool Session::colour() const {
    if (common_->color != "auto") return common_->color == "always";
    return world_->colourful;
}

void Session::print(std::string_view text) const {
    (void)std::fwrite(text.data(), 1, text.size(), world_->out);  // a full disk shows when the program ends
}

void Session::say(std::string_view line) const {
    if (common_->quiet) return;
    (void)std::fwrite(line.data(), 1, line.size(), world_->err);
    (void)std::fputc('\n', world_->err);
}

void Session::detail(std::string_view line) const {
    if (common_->verbose > 0) say(line);
}

void add_common(CLI::App& app, Common& common) {
    const auto* const group = "Options of every command";
    app.set_help_flag("-h,--help", "Show this help and end")->group(group);
    app.add_option("-o,--output", common.output, "Form of the output: text or json (errors too)")
        ->type_name("FORM")
        ->check(CLI::IsMember({"text", "json"}))
        ->group(group);
    app.add_flag("--explain", common.explain,
                 "Say what each failing check means, what follows, and what to do")
        ->group(group);
    app.add_option("--color", common.color,
                   "Colours: auto (on a terminal, unless NO_COLOR is set), always or never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->group(group);
    app.add_flag("-q,--quiet", common.quiet, "No messages on standard error but for errors")->group(group);
    app.add_flag("-v,--verbose", common.verbose, "More messages on standard error")->group(group);
}

}  // namespace busguard::cli
