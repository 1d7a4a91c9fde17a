#include "cli/options.h"

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
    if (common_->verbose) say(line);
}

void add_common(Command command, Common& common) {
    const auto* const group = "Options of every command";
    command.help_flag("-h,--help", "Show this help and end").in_group(group);
    command.option("-o,--output", common.output, "Form of the output: text or json (errors too)")
        .shown_as("FORM")
        .one_of({"text", "json"})
        .in_group(group);
    command
        .flag("--explain", common.explain, "Say what each failing check means, what follows, and what to do")
        .in_group(group);
    command
        .option("--color", common.color,
                "Colours: auto (on a terminal, unless NO_COLOR is set), always or never")
        .shown_as("WHEN")
        .one_of({"auto", "always", "never"})
        .in_group(group);
    command.flag("-q,--quiet", common.quiet, "No messages on standard error but for errors").in_group(group);
    command.flag("-v,--verbose", common.verbose, "More messages on standard error").in_group(group);
}

}  // namespace busguard::cli
