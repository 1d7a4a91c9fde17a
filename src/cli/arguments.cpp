#include "cli/arguments.h"

#include <CLI/CLI.hpp>

#include <utility>

namespace busguard::cli {

Argument Argument::shown_as(const std::string& type) { return Argument{*option_->type_name(type)}; }

Argument Argument::in_group(const std::string& group) { return Argument{*option_->group(group)}; }

Argument Argument::default_shown() { return Argument{*option_->capture_default_str()}; }

Argument Argument::one_of(const std::vector<std::string>& words) {
    return Argument{*option_->check(CLI::IsMember(words))};
}

Argument Argument::in_range(int least, int most) {
    return Argument{*option_->check(CLI::Range(least, most))};
}

Argument Argument::checked_by(std::function<std::string(const std::string&)> check) {
    return Argument{*option_->check(std::move(check))};
}

Argument Argument::required() { return Argument{*option_->required()}; }

Argument Argument::repeatable() { return Argument{*option_->expected(1)->take_all()}; }

Argument Argument::needs(Argument other) { return Argument{*option_->needs(other.option_)}; }

Argument Argument::excludes(Argument other) { return Argument{*option_->excludes(other.option_)}; }

Argument Argument::excludes(const std::string& name) { return Argument{*option_->excludes(name)}; }

Command Command::command(const std::string& name, const std::string& help) {
    return Command{*app_->add_subcommand(name, help)};
}

void Command::takes_one_command() { app_->require_subcommand(1); }

void Command::then(std::function<void()> action) { app_->callback(std::move(action)); }

Argument Command::option(const std::string& name, std::string& value, const std::string& help) {
    return Argument{*app_->add_option(name, value, help)};
}

Argument Command::option(const std::string& name, std::vector<std::string>& values, const std::string& help) {
    return Argument{*app_->add_option(name, values, help)};
}

Argument Command::option(const std::string& name, int& value, const std::string& help) {
    return Argument{*app_->add_option(name, value, help)};
}

Argument Command::flag(const std::string& name, bool& given, const std::string& help) {
    return Argument{*app_->add_flag(name, given, help)};
}

Argument Command::help_flag(const std::string& name, const std::string& help) {
    return Argument{*app_->set_help_flag(name, help)};
}

}  // namespace busguard::cli
