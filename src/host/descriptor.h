#pragma once

#include "base/result.h"

#include <utility>

namespace busguard::host {

/// An open file descriptor, closed with its owner.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();

    int number() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_ = -1;
};

/// What the errno `code` means here; `what` names the call or the file's kind.
Error system_error(int code, std::string_view what, std::size_t offset = 0);

/// system_error() of errno as it is now.
Failure<Error> fail_errno(std::string_view what, std::size_t offset = 0);

}  // namespace busguard::host
