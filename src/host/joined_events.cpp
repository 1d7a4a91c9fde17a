#include "host/joined_events.h"

#include <sys/epoll.h>

#include <algorithm>
#include <iterator>

namespace busguard::host {

Result<std::unique_ptr<JoinedEvents>> JoinedEvents::of(std::unique_ptr<UeventSource> first,
                                                       std::unique_ptr<UeventSource> second) {
    Descriptor either{::epoll_create1(EPOLL_CLOEXEC)};
    if (!either) return fail_errno("epoll_create1");
    for (const auto* one : {first.get(), second.get()}) {
        epoll_event wanted{.events = EPOLLIN, .data = {}};
        if (::epoll_ctl(either.number(), EPOLL_CTL_ADD, one->descriptor(), &wanted) != 0)
            return fail_errno("epoll_ctl");
    }
    return std::unique_ptr<JoinedEvents>{
        new JoinedEvents(std::move(first), std::move(second), std::move(either))};
}

Result<Uevents> JoinedEvents::take() {
    auto all = TRY(first_->take());
    if (second_ == nullptr) return all;
    auto more = second_->take();
    if (!more) {
        second_.reset();  // its descriptor would wake whoever waits without end
        return all;
    }
    std::ranges::move(more->events, std::back_inserter(all.events));
    all.lost = all.lost || more->lost;
    return all;
}

}  // namespace busguard::host
