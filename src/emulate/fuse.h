#pragma once

#include "base/problem.h"
#include "base/seams.h"
#include "emulate/node_tree.h"

#include <atomic>
#include <memory>
#include <string>

struct fuse_session;

namespace busguard::emulate {

/// A NodeTree mounted at a directory. Nothing is cached by the kernel: each read and write of a file is a
/// call of its content. Unmounted when it goes.
class FuseMount {
public:
    /// `directory` exists. The tree outlives the mount. Problems: no /dev/fuse, no privilege, not a
    /// directory; the remedy says what to do without a mount.
    static Checked<std::unique_ptr<FuseMount>> at(std::string directory, NodeTree& tree);

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

private:
    FuseMount(std::string directory, fuse_session* session);

    std::string directory_;
    fuse_session* session_;
};

}  // namespace busguard::emulate
