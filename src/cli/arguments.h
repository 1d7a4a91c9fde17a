#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class Option;
}  // namespace CLI

/// What may stand on a command line. Below is CLI11, which takes every file that includes it seconds to
/// compile: so only arguments.cpp, and program.cpp, which reads the line, do. Commands and arguments are
/// handles into that one description, and as cheap to copy as a pointer.
namespace busguard::cli {

/// An option, a flag, or a word that stands on its own.
class Argument {
public:
    explicit Argument(CLI::Option& option) : option_{&option} {}

    /// The help's word for the value: FILE
    Argument shown_as(const std::string& type);
    /// The help's heading that it stands below.
    Argument in_group(const std::string& group);
    /// The help shows the value that it has now.
    Argument default_shown();

    Argument one_of(const std::vector<std::string>& words);
    Argument in_range(int least, int most);
    /// `check` says what is wrong with a value; nothing if it is right.
    Argument checked_by(std::function<std::string(const std::string&)> check);

    Argument required();
    /// May be given again and again, each time with one value.
    Argument repeatable();
    Argument needs(Argument other);
    Argument excludes(Argument other);
    /// The same by name, for one that was added elsewhere.
    Argument excludes(const std::string& name);

private:
    CLI::Option* option_;
};

/// A command with its arguments, or the whole program. What an argument refers to has to outlive the reading
/// of the line.
class Command {
public:
    explicit Command(CLI::App& app) : app_{&app} {}

    Command command(const std::string& name, const std::string& help);
    /// One of its commands has to follow, and no second.
    void takes_one_command();
    /// What happens once the line was read, if this command stands in it.
    void then(std::function<void()> action);

    /// "-o,--output", or "FILE" for a word that stands on its own.
    Argument option(const std::string& name, std::string& value, const std::string& help);
    Argument option(const std::string& name, std::vector<std::string>& values, const std::string& help);
    Argument option(const std::string& name, int& value, const std::string& help);
    Argument flag(const std::string& name, bool& given, const std::string& help);
    Argument help_flag(const std::string& name, const std::string& help);

private:
    CLI::App* app_;
};

}  // namespace busguard::cli
