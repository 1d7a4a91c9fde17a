#pragma once

#include "host/clock.h"
#include "host/fuse.h"
#include "tests/host/temporary_directory.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <unistd.h>

namespace busguard::host {

/// A tree mounted on a directory of its own. The test's thread serves it while another thread uses it: so the
/// tree, and all behind its files, is touched by one thread.
class Mounted {
public:
    explicit Mounted(NodeTree& tree, FuseMount::Audience audience = FuseMount::Audience::everybody) {
        auto mount = FuseMount::at(directory_.path(), tree, audience);
        if (mount)
            mount_ = *std::move(mount);
        else
            why_not_ = mount.error().text();
    }

    bool is_there() const { return mount_ != nullptr; }
    const std::string& why_not() const { return why_not_; }
    std::string path(const std::string& below = "") const { return directory_.path(below); }
    void unmount() { mount_.reset(); }

    /// What `use` gives, called on another thread; `meanwhile` is called on this one, again and again.
    template <class Use>
    auto serve(Use use, const std::function<void()>& meanwhile = [] {}) {
        using namespace std::chrono_literals;
        auto result = std::async(std::launch::async, std::move(use));
        SystemClock clock;
        const auto limit = clock.now() + 60s;
        while (result.wait_for(0s) != std::future_status::ready) {
            if (mount_) mount_->serve_pending();
            meanwhile();
            if (clock.now() > limit && mount_) {  // who waits for us cannot be killed
                ADD_FAILURE() << "a request was not answered";
                unmount();
            }
            const std::array readable{mount_ ? mount_->descriptor() : -1};
            clock.wait(clock.now() + 2ms, mount_ ? std::span<const int>{readable} : std::span<const int>{});
        }
        return result.get();
    }

private:
    TemporaryDirectory directory_;
    std::unique_ptr<FuseMount> mount_;
    std::string why_not_;
};

/// Skips a test where nothing can be mounted, loudly.
#define NEEDS_MOUNT(mounted) \
    if (!(mounted).is_there()) GTEST_SKIP() << "NOT TESTED: no FUSE here: " << (mounted).why_not()

/// What a system call said: its result, or the errno.
struct Told {
    int error = 0;
    std::string content;  ///< that was read

    friend bool operator==(const Told&, const Told&) = default;
};

inline Told read_file_as_programs_do(const std::string& path) {
    const auto file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return {.error = errno};
    Told told;
    std::array<char, 4096> piece{};
    for (ssize_t count = 0; (count = ::read(file, piece.data(), piece.size())) != 0;) {
        if (count < 0) {
            told.error = errno;
            break;
        }
        told.content.append(piece.data(), static_cast<std::size_t>(count));
    }
    ::close(file);
    return told;
}

/// As a shell does: `echo -n text > path`. 0, or the errno of what failed; -1 if not all bytes were taken.
inline int write_file_as_a_shell_does(const std::string& path, std::string_view text) {
    const auto file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return errno;
    const auto count = ::write(file, text.data(), text.size());
    const int error = count < 0 ? errno : count == static_cast<ssize_t>(text.size()) ? 0 : -1;
    ::close(file);
    return error;
}

inline struct stat stat_of(const std::string& path) {
    struct stat out{};
    if (::lstat(path.c_str(), &out) != 0) out.st_mode = 0;
    return out;
}

}  // namespace busguard::host
