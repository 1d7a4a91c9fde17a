#define FUSE_USE_VERSION 35

#include "host/fuse.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fuse_lowlevel.h>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace busguard::host {
namespace {

constexpr auto stop_is_seen_within = std::chrono::milliseconds{100};
constexpr std::size_t smallest_entry = 24;  // of a directory, on its way to the kernel

void refuse(fuse_req_t request, const Error& error) { fuse_reply_err(request, to_errno(error)); }
/// For a file that is open: its node went with the device.
void refuse_open(fuse_req_t request, const Error& error) {
    fuse_reply_err(request, error == Error{Errc::not_found, "node"} ? ENODEV : to_errno(error));
}

/// A write whose content has not said yet what became of it. Answered once; at the latest when nobody can
/// answer it any more.
class Waiting {
public:
    explicit Waiting(fuse_req_t request) : request_{request} {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { answer(fail(Errc::system, "write", 0, EIO)); }

    void answer(const Result<std::size_t>& taken) {
        auto* const request = std::exchange(request_, nullptr);
        if (request == nullptr) return;
        if (taken)
            fuse_reply_write(request, *taken);
        else
            refuse_open(request, taken.error());
    }
    bool is_answered() const { return request_ == nullptr; }

private:
    fuse_req_t request_;
};

}  // namespace

struct FuseMount::Served {
    NodeTree* tree = nullptr;
    Audience audience{};
    std::vector<std::weak_ptr<Waiting>> waiting;
    std::map<std::uint64_t, NodeTree::Text> open;  ///< by the number that the kernel has for an open file
    std::uint64_t opened = 0;

    void remember(const std::shared_ptr<Waiting>& one) {
        std::erase_if(waiting, [](const auto& old) { return old.expired(); });
        waiting.push_back(one);
    }
    void dismiss() {
        for (const auto& one : std::exchange(waiting, {}))
            if (const auto still = one.lock()) still->answer(fail(Errc::disconnected, "mount", 0, ENODEV));
    }
};

namespace {

FuseMount::Served& served(fuse_req_t request) {
    return *static_cast<FuseMount::Served*>(fuse_req_userdata(request));
}
NodeTree& tree_of(fuse_req_t request) { return *served(request).tree; }
bool is_for_everybody(fuse_req_t request) {
    return served(request).audience == FuseMount::Audience::everybody;
}

unsigned type_bits(NodeTree::Kind kind) {
    switch (kind) {
        case NodeTree::Kind::directory: return S_IFDIR;
        case NodeTree::Kind::link: return S_IFLNK;
        case NodeTree::Kind::file: break;
    }
    return S_IFREG;
}

timespec timespec_of(NodeTree::Stamp stamp) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(stamp);
    return {.tv_sec = whole.time_since_epoch().count(), .tv_nsec = (stamp - whole).count()};
}

Result<struct stat> stat_of(fuse_req_t request, NodeTree::Id node) {
    const auto its = TRY(tree_of(request).attributes(node));
    struct stat out{};
    out.st_ino = node;
    out.st_mode = type_bits(its.kind) | its.mode;
    out.st_nlink = its.kind == NodeTree::Kind::directory ? 2 : 1;
    out.st_size = static_cast<off_t>(its.size);
    out.st_atim = out.st_mtim = out.st_ctim = timespec_of(its.changed);
    if (is_for_everybody(request)) return out;  // root's
    out.st_uid = fuse_req_ctx(request)->uid;
    out.st_gid = fuse_req_ctx(request)->gid;
    return out;
}

void lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
    const auto child = tree_of(request).child(parent, name);
    if (!child) {
        fuse_reply_err(request, ENOENT);
        return;
    }
    const auto attributes = stat_of(request, *child);
    if (!attributes) {
        refuse(request, attributes.error());
        return;
    }
    fuse_entry_param entry{};  // time-outs of zero: a device may be gone the next moment
    entry.ino = *child;
    entry.attr = *attributes;
    fuse_reply_entry(request, &entry);
}

void getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
    const auto attributes = stat_of(request, node);
    if (!attributes) {
        refuse(request, attributes.error());
        return;
    }
    fuse_reply_attr(request, &*attributes, 0);
}

/// `echo 1 > remove` truncates first: sysfs takes that and does nothing.
void setattr(fuse_req_t request, fuse_ino_t node, struct stat*, int wanted, fuse_file_info* file) {
    constexpr int who_may = FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID;
    if (is_for_everybody(request) && (wanted & who_may) != 0) {
        fuse_reply_err(request, EPERM);
        return;
    }
    getattr(request, node, file);
}

void readlink(fuse_req_t request, fuse_ino_t node) {
    const auto target = tree_of(request).target(node);
    if (!target) {
        refuse(request, target.error());
        return;
    }
    fuse_reply_readlink(request, target->c_str());
}

Access access_of(int flags) {
    switch (flags & O_ACCMODE) {
        case O_WRONLY: return Access::write;
        case O_RDWR: return Access::read_write;
        default: return Access::read;
    }
}

void open(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
    const auto attributes = tree_of(request).attributes(node);
    if (!attributes) {
        refuse(request, attributes.error());
        return;
    }
    if (is_for_everybody(request)) {
        if (const auto allowed = tree_of(request).can_open(node, access_of(file->flags)); !allowed) {
            refuse(request, allowed.error());
            return;
        }
    }
    file->direct_io = 1;            // registers: each access reaches them, with its own offset and length
    auto& mount = served(request);  // the request may be gone the next moment
    file->fh = ++mount.opened;
    mount.open.try_emplace(file->fh);
    if (fuse_reply_open(request, file) != 0) mount.open.erase(file->fh);  // interrupted: nobody releases it
}

void release(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
    served(request).open.erase(file->fh);
    fuse_reply_err(request, 0);
}

void read(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info* file) {
    const auto bytes = tree_of(request).read_at(node, static_cast<std::uint64_t>(offset), size,
                                                served(request).open[file->fh]);
    if (!bytes) {
        refuse_open(request, bytes.error());
        return;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): C wants char
    fuse_reply_buf(request, reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

void write(fuse_req_t request, fuse_ino_t node, const char* data, std::size_t size, off_t offset,
           fuse_file_info*) {
    const auto waiting = std::make_shared<Waiting>(request);
    auto& mount = served(request);  // the request may be gone the next moment
    mount.tree->write_at(node, static_cast<std::uint64_t>(offset), as_bytes({data, size}),
                         [waiting](const Result<std::size_t>& taken) { waiting->answer(taken); });
    if (!waiting->is_answered()) mount.remember(waiting);
}

void readdir(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info*) {
    constexpr std::uint64_t dots = 2;
    std::string buffer(std::min(size, std::size_t{65536}), '\0');
    std::size_t used = 0;
    const auto add = [&](const NodeTree::Entry& entry, std::uint64_t next) {
        struct stat attributes{};
        attributes.st_ino = entry.id;
        attributes.st_mode = type_bits(entry.kind);
        const auto needed = fuse_add_direntry(
            request, std::next(buffer.data(), static_cast<std::ptrdiff_t>(used)), buffer.size() - used,
            entry.name.c_str(), &attributes, static_cast<off_t>(next));
        if (needed > buffer.size() - used) return false;
        used += needed;
        return true;
    };
    auto at = static_cast<std::uint64_t>(offset);
    const auto entries =
        tree_of(request).entries(node, at < dots ? 0 : at - dots, buffer.size() / smallest_entry);
    if (!entries) {
        refuse(request, entries.error());
        return;
    }
    bool fits = true;
    for (; fits && at < dots; ++at)
        fits = add({.name = at == 0 ? "." : "..", .id = node, .kind = NodeTree::Kind::directory}, at + 1);
    for (auto entry = entries->begin(); fits && entry != entries->end(); ++entry)
        fits = add(*entry, entry->next + dots);
    fuse_reply_buf(request, buffer.data(), used);
}

constexpr auto operations = [] {
    fuse_lowlevel_ops ops{};
    ops.lookup = lookup;
    ops.getattr = getattr;
    ops.setattr = setattr;
    ops.readlink = readlink;
    ops.open = open;
    ops.release = release;
    ops.read = read;
    ops.write = write;
    ops.readdir = readdir;
    return ops;
}();

Problem cannot(const std::string& directory, std::string message, std::string remedy) {
    return {.where = directory, .message = std::move(message), .remedy = std::move(remedy)};
}

/// What stands in the way before libfuse is asked, so that it can be named.
Checked<void> check(const std::string& directory) {
    std::error_code error;
    if (!std::filesystem::exists("/dev/fuse", error))
        return fail(
            cannot("/dev/fuse", "is missing: nothing can be mounted here",
                   "load the module fuse, or give the container /dev/fuse; or use the machine in process"));
    const auto status = std::filesystem::status(directory, error);
    if (error == std::errc::not_connected)
        return fail(cannot(directory, "is a mount whose server is gone", "fusermount3 -u " + directory));
    if (!std::filesystem::is_directory(status))
        return fail(cannot(directory, "is not a directory", "mkdir -p " + directory));
    return {};
}

}  // namespace

FuseMount::FuseMount(std::string directory, std::unique_ptr<Served> served)
    : directory_{std::move(directory)}, served_{std::move(served)} {}

void FuseMount::remove_dead(const std::string& directory) {
    struct stat status{};
    if (::stat(directory.c_str(), &status) != 0 && errno == ENOTCONN)
        (void)::umount2(directory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
}

FuseMount::~FuseMount() {
    if (session_ == nullptr) return;
    served_->dismiss();  // libfuse needs the session to answer
    fuse_session_unmount(session_);
    fuse_session_destroy(session_);
}

Checked<std::unique_ptr<FuseMount>> FuseMount::at(std::string directory, NodeTree& tree, Audience audience) {
    TRY(check(directory));
    std::unique_ptr<FuseMount> mount{new FuseMount(
        std::move(directory), std::make_unique<Served>(Served{.tree = &tree, .audience = audience}))};
    std::string options = "-ofsname=busguard,subtype=busguard";
    if (audience == Audience::everybody) options += ",allow_other,default_permissions,noexec";
    std::array words{std::string{"busguard"}, options};
    std::array<char*, 3> arguments{words[0].data(), words[1].data(), nullptr};
    fuse_args parsed = FUSE_ARGS_INIT(2, arguments.data());
    auto* session = fuse_session_new(&parsed, &operations, sizeof operations, mount->served_.get());
    fuse_opt_free_args(&parsed);
    if (session == nullptr) return fail(cannot(mount->directory_, "libfuse refuses to start", ""));
    if (fuse_session_mount(session, mount->directory_.c_str()) != 0) {
        const std::string reason = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): one thread
        fuse_session_destroy(session);
        return fail(cannot(mount->directory_, "cannot be mounted on: " + reason,
                           "be root, or install fuse3 for fusermount3; or use the machine in process"));
    }
    mount->session_ = session;
    const auto descriptor = mount->descriptor();
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    if (fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) != 0)
        return fail(cannot(mount->directory_, "cannot be served without blocking", ""));
    return mount;
}

int FuseMount::descriptor() const { return fuse_session_fd(session_); }

bool FuseMount::serve_pending() {
    fuse_buf buffer{};
    int received = 0;
    while (fuse_session_exited(session_) == 0) {
        received = fuse_session_receive_buf(session_, &buffer);
        if (received == -EINTR) continue;
        if (received <= 0) break;
        fuse_session_process_buf(session_, &buffer);
    }
    std::free(buffer.mem);  // NOLINT: libfuse's malloc
    return fuse_session_exited(session_) == 0 && received == -EAGAIN;
}

void FuseMount::serve(Clock& clock, const std::atomic<bool>& stop) {
    const std::array readable{descriptor()};
    while (!stop.load() && serve_pending()) clock.wait(clock.now() + stop_is_seen_within, readable);
}

}  // namespace busguard::host
