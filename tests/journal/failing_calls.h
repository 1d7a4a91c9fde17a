#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

/// The calls of libc by which files are changed, as a program has them that is linked with failing_calls.cpp:
/// each can be counted, and made to fail. It defines them under libc's own names, and a program's names come
/// before those of its libraries: SQLite's table of function pointers leads here too, as it would with
/// LD_PRELOAD. A log's process makes no others, as strace shows.
///
/// What is written by way of a mapping is no call. SQLite's -shm file would be; a log's database is locked
/// exclusively and has none.
namespace busguard::journal::test::calls {

enum class Fault {
    none,
    kill,        ///< the process ends as by kill -9 before the call. After it is before the next.
    torn,        ///< the same, when half of a write took effect
    partial,     ///< half of a write takes effect, and the call says so
    error,       ///< EIO, and it took no effect
    late_error,  ///< EIO, and it took effect
    no_space,    ///< ENOSPC, and so for each later one that needs space
};

struct Plan {
    std::string below;       ///< the directory whose calls count, with what is in it; its real path
    std::size_t number = 0;  ///< the call that fails, from 1 on
    Fault fault = Fault::none;
    /// Hears of each call before it is made. The path is relative to the directory.
    std::function<void(std::string_view name, std::string_view path)> told;
};

/// Counts from 0 again.
void follow(Plan plan);

}  // namespace busguard::journal::test::calls
