#include "host/signals.h"

#include <sys/signalfd.h>

#include <csignal>
#include <unistd.h>

namespace busguard::host {

Result<Signals> Signals::of(std::initializer_list<int> numbers) {
    sigset_t set{};
    sigemptyset(&set);
    for (const int number : numbers) sigaddset(&set, number);
    if (pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) return fail_errno("signal mask");
    Descriptor descriptor{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!descriptor) return fail_errno("signalfd");
    return Signals{std::move(descriptor)};
}

std::optional<int> Signals::take() {
    signalfd_siginfo info{};
    if (::read(descriptor_.number(), &info, sizeof info) != static_cast<ssize_t>(sizeof info))
        return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

}  // namespace busguard::host
