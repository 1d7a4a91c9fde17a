#pragma once

#include "base/seams.h"
#include "host/file_tree.h"

#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

namespace busguard::cli {

/// What main makes and hands down: the rest of the program knows the world through this.
struct World {
    Clock* clock;
    Entropy* entropy;
    /// The tree of files below a directory, e.g. "/sys".
    std::function<Result<std::unique_ptr<host::FileTree>>(const std::string& root)> tree;
    std::FILE* in;
    std::FILE* out;
    std::FILE* err;
    bool colourful = false;         ///< `out` is a terminal, and nothing says that colours are unwanted
    bool err_colourful = false;     ///< the same for `err`
    std::string runtime_directory;  ///< $XDG_RUNTIME_DIR; may be empty
    /// Makes SIGINT and SIGTERM set the flag that it gives, instead of ending the program.
    std::function<const std::atomic<bool>&()> catch_signals;
};

}  // namespace busguard::cli
