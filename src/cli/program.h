#pragma once

#include "cli/world.h"

namespace busguard::cli {

/// The whole program but its world: reads the command line, does the command, says what went wrong. The
/// result is the exit status.
int run(int argc, const char* const* argv, World& world);

}  // namespace busguard::cli
