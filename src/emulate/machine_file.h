#pragma once

#include "base/problem.h"
#include "emulate/machine_description.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace busguard::emulate {

/// Reads a machine from TOML (format: docs/man/busguard-machine.5, example: share/machines/demo.toml).
/// Numbers and lists are bounded, keys that are not known are refused. Paths in it are relative to the file.
/// The Problem names file, line, field and remedy.
Checked<MachineDescription> read_machine(const std::filesystem::path& file);

/// The same from a text; `file` is its name in Problems, and where relative paths begin.
Checked<MachineDescription> parse_machine(std::string_view text, const std::filesystem::path& file);

}  // namespace busguard::emulate
