#pragma once

#include "base/result.h"
#include "host/descriptor.h"
#include "host/uevents.h"

#include <memory>
#include <utility>

namespace busguard::host {

/// Two sources as one. Each has a descriptor.
class JoinedEvents final : public UeventSource {
public:
    /// Errors: system.
    static Result<std::unique_ptr<JoinedEvents>> of(std::unique_ptr<UeventSource> first,
                                                    std::unique_ptr<UeventSource> second);

    /// Error: the first one's; a second one that fails is asked no more.
    Result<Uevents> take() override;
    int descriptor() const override { return either_.number(); }

private:
    JoinedEvents(std::unique_ptr<UeventSource> first, std::unique_ptr<UeventSource> second, Descriptor either)
        : first_{std::move(first)}, second_{std::move(second)}, either_{std::move(either)} {}

    std::unique_ptr<UeventSource> first_, second_;
    Descriptor either_;  // epoll(7)
};

}  // namespace busguard::host
