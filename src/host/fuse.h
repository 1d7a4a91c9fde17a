#pragma once

#include "base/problem.h"
#include "base/seams.h"
#include "host/node_tree.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

struct fuse_session;

namespace busguard::host {

/// A NodeTree mounted at a directory. Nothing is cached by the kernel: each read and write of a file is a
/// call of its content. Who writes to a file that takes its time (Content::write_later) waits until that is
/// done; a signal does not wake him, as in sysfs. Unmounted when it goes: whoever still waits gets ENODEV.
class FuseMount {
public:
    /// For whom the mount is.
    enum class Audience : std::uint8_t {
        caller,    ///< only the user who mounts it, and whoever asks sees himself as the owner
        everybody  ///< as sysfs: all is root's, and the kernel holds users to the modes. Needs root
    };

    /// `directory` exists. The tree outlives the mount. Problems: no /dev/fuse, no privilege, not a
    /// directory; the remedy says what to do without a mount.
    static Checked<std::unique_ptr<FuseMount>> at(std::string directory, NodeTree& tree,
                                                  Audience audience = Audience::caller);

    /// Takes a mount away whose server is gone (it was killed), so that at() finds the directory below it.
    /// Needs root.
    static void remove_dead(const std::string& directory);

    FuseMount(const FuseMount&) = delete;
    FuseMount& operator=(const FuseMount&) = delete;
    ~FuseMount();

    /// Readable when the kernel asks for something: for a loop of the caller's.
    int descriptor() const;
    /// Answers what the kernel asks for now, without waiting. False once somebody unmounted it.
    bool serve_pending();
    /// Answers until `stop` is set (by a signal handler, or by another thread: seen within 100 ms) or
    /// somebody unmounts it. One thread.
    void serve(Clock& clock, const std::atomic<bool>& stop);

    const std::string& directory() const { return directory_; }

    struct Served;  ///< what the callbacks of libfuse know

private:
    FuseMount(std::string directory, std::unique_ptr<Served> served);

    std::string directory_;
    std::unique_ptr<Served> served_;
    fuse_session* session_ = nullptr;
};

}  // namespace busguard::host
