#pragma once

#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/trouble.h"
#include "cli/world.h"

#include <functional>
#include <string>

namespace busguard::cli {

/// What every command takes.
struct Common {
    std::string output = "text";  ///< "text" or "json"
    std::string color = "auto";
    bool explain = false;
    bool quiet = false;
    bool verbose = false;

    bool json() const { return output == "json"; }
};

/// One run of a command: the world, the common options, and where output goes.
class Session {
public:
    Session(World& world, const Common& common) : world_{&world}, common_{&common} {}

    World& world() const { return *world_; }
    const Common& common() const { return *common_; }
    bool json() const { return common_->json(); }
    bool colour() const;

    void print(std::string_view text) const;   ///< to standard output, as it is
    void say(std::string_view line) const;     ///< to standard error, unless quiet: what the program does
    void detail(std::string_view line) const;  ///< likewise, only if verbose

private:
    World* world_;
    const Common* common_;
};

/// What a command does once its options are known.
using Action = std::function<Tried<Exit>(Session&)>;

/// The parsed command line: the commands' files put their options into the program and their Action here.
struct Chosen {
    Common common;
    Action action;
};

/// Adds the options of every command.
void add_common(Command command, Common& common);

/// One function per command, each in the file of its name.
void add_list(Command program, Chosen& chosen);
void add_authenticate(Command program, Chosen& chosen);
void add_show(Command program, Chosen& chosen);
void add_measure(Command program, Chosen& chosen);
void add_verify(Command program, Chosen& chosen);
void add_decode(Command program, Chosen& chosen);
void add_doctor(Command program, Chosen& chosen);
void add_pki(Command program, Chosen& chosen);
void add_emulate(Command program, Chosen& chosen);
void add_policy(Command program, Chosen& chosen);
void add_status(Command program, Chosen& chosen);
void add_monitor(Command program, Chosen& chosen);
void add_release(Command program, Chosen& chosen);
void add_claim(Command program, Chosen& chosen);
void add_reasons(Command program, Chosen& chosen);
void add_log(Command program, Chosen& chosen);
void add_witness(Command program, Chosen& chosen);

/// Commands of the group `log` that need nothing of log.h.
void add_log_serve(Command group, Chosen& chosen);
void add_log_cosign(Command group, Chosen& chosen);

}  // namespace busguard::cli
