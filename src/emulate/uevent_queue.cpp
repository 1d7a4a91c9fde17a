#include "emulate/uevent_queue.h"

#include <utility>

namespace busguard::emulate {

void UeventQueue::say(host::Uevent event) {
    ++number_;
    if (waiting_.events.size() >= most_) {
        waiting_.lost = true;
        return;
    }
    event.properties.insert_or_assign("SEQNUM", std::to_string(number_));
    waiting_.events.push_back(std::move(event));
}

Result<host::Uevents> UeventQueue::take() { return std::exchange(waiting_, {}); }

}  // namespace busguard::emulate
