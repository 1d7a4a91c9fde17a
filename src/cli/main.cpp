#include "cli/program.h"
#include "crypto/entropy.h"
#include "host/clock.h"
#include "host/posix_tree.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal handler has nothing else
std::atomic<bool> told_to_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

const std::atomic<bool>& catch_signals() {
    struct sigaction action{};
    action.sa_handler = [](int) { told_to_stop = true; };  // no SA_RESTART: what waits is woken
    for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
    return told_to_stop;
}

std::string environment(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before there are threads
    return value == nullptr ? "" : value;
}

}  // namespace

/// The one place that knows the real world: makes its parts and hands them down.
int main(int argc, char** argv) {
    using namespace busguard;
    host::SystemClock clock;
    crypto::SystemEntropy entropy;
    const bool colours = environment("NO_COLOR").empty() && environment("TERM") != "dumb";  // no-color.org
    cli::World world{.clock = &clock,
                     .entropy = &entropy,
                     .tree = [](const std::string& root) -> Result<std::unique_ptr<host::FileTree>> {
                         return std::unique_ptr<host::FileTree>{TRY(host::PosixTree::open_root(root))};
                     },
                     .in = stdin,
                     .out = stdout,
                     .err = stderr,
                     .colourful = colours && isatty(STDOUT_FILENO) != 0,
                     .err_colourful = colours && isatty(STDERR_FILENO) != 0,
                     .runtime_directory = environment("XDG_RUNTIME_DIR"),
                     .catch_signals = catch_signals};
    return cli::run(argc, argv, world);
}
