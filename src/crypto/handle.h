#pragma once

#include <utility>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY, which only this folder's .cpp files see whole

namespace busguard::crypto {

void retain(evp_pkey_st& key);
void release(evp_pkey_st* key);

/// One reference on an object that counts its references: copying costs an atomic increment. The object is
/// immutable once a handle holds it. `retain(T&)` and `release(T*)` stand beside T.
template <class T>
class Handle {
public:
    Handle() = default;
    /// Takes over the one reference that the caller has.
    explicit Handle(T* taken) : held_{taken} {}
    Handle(const Handle& other) : held_{other.held_} {
        if (held_ != nullptr) retain(*held_);
    }
    Handle(Handle&& other) noexcept : held_{std::exchange(other.held_, nullptr)} {}
    Handle& operator=(const Handle& other) {
        if (this != &other) *this = Handle{other};
        return *this;
    }
    Handle& operator=(Handle&& other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    ~Handle() {
        if (held_ != nullptr) release(held_);
    }

    T* get() const { return held_; }
    T* operator->() const { return held_; }
    explicit operator bool() const { return held_ != nullptr; }

private:
    T* held_ = nullptr;
};

}  // namespace busguard::crypto
