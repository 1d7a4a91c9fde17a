#include "cli/progress.h"

#include <fmt/format.h>

#include <unistd.h>

namespace busguard::cli {
namespace {

constexpr Time pause = std::chrono::milliseconds{200};

}  // namespace

Progress::Progress(const Session& session, std::string things)
    : session_{session},
      things_{std::move(things)},
      shown_{!session.common().quiet && !session.json() && ::isatty(::fileno(session.world().err)) != 0},
      began_{session.world().clock->now()} {}

Progress::~Progress() {
    if (shown_ && next_ != Time{}) (void)std::fputs("\r\x1b[K", session_.world().err);
}

void Progress::at(std::uint64_t done, std::uint64_t all) {
    if (!shown_) return;
    const auto now = session_.world().clock->now();
    if (now < next_) return;
    next_ = now + pause;
    const auto seconds = std::chrono::duration<double>(now - began_).count();
    const auto rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const auto line = fmt::format("\r{} of {} {}, {:.0f}/s\x1b[K", done, all, things_, rate);
    (void)std::fwrite(line.data(), 1, line.size(), session_.world().err);
    (void)std::fflush(session_.world().err);
}

}  // namespace busguard::cli
