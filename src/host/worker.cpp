#include "host/worker.h"

#include <sys/eventfd.h>

#include <system_error>

namespace busguard::host {

Result<std::unique_ptr<Worker>> Worker::begin(std::function<void()> work) {
    Descriptor event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!event) return fail_errno("eventfd");
    std::unique_ptr<Worker> made{new Worker{std::move(event)}};
    try {
        made->thread_ = std::jthread{[work = std::move(work), its = made.get()] {
            work();
            its->done_ = true;
            (void)::eventfd_write(its->descriptor(), 1);
        }};
    } catch (const std::system_error& why) {
        return fail(system_error(why.code().value(), "thread"));
    }
    return made;
}

}  // namespace busguard::host
