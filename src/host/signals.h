#pragma once

#include "host/descriptor.h"

#include <initializer_list>
#include <optional>

namespace busguard::host {

/// Signals as something to read: those that are named here no longer interrupt the process.
class Signals {
public:
    /// For the whole process, so before it has threads. Errors: system.
    static Result<Signals> of(std::initializer_list<int> numbers);

    /// The next that came; nothing if none is waiting.
    std::optional<int> take();
    int descriptor() const { return descriptor_.number(); }

private:
    explicit Signals(Descriptor descriptor) : descriptor_{std::move(descriptor)} {}

    Descriptor descriptor_;
};

}  // namespace busguard::host
