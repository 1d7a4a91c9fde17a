#include "cli/options.h"

/// The group `busguard log`.
namespace busguard::cli {

void add_log(Command program, Chosen& chosen) {
    auto group = program.command("log", "Serve the transparency log, and have it cosigned");
    group.takes_one_command();
    add_log_serve(group, chosen);
    add_log_cosign(group, chosen);
}

}  // namespace busguard::cli
