#define FUSE_USE_VERSION 35

#include "emulate/fuse.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fuse_lowlevel.h>
#include <iterator>
#include <system_error>

namespace busguard::emulate {
namespace {

constexpr auto stop_is_seen_within = std::chrono::milliseconds{100};

NodeTree& tree_of(fuse_req_t request) { return *static_cast<NodeTree*>(fuse_req_userdata(request)); }

void refuse(fuse_req_t request, const Error& error) { fuse_reply_err(request, to_errno(error)); }
/// For a file that is open: its node went with the device.
void refuse_open(fuse_req_t request, const Error& error) {
    fuse_reply_err(request, error == Error{Errc::not_found, "node"} ? ENODEV : to_errno(error));
}

unsigned type_bits(NodeTree::Kind kind) {
    switch (kind) {
        case NodeTree::Kind::directory: return S_IFDIR;
        case NodeTree::Kind::link: return S_IFLNK;
        case NodeTree::Kind::file: break;
    }
    return S_IFREG;
}

/// Whoever asks sees himself as the owner: who may ask at all, the mount decides.
Result<struct stat> stat_of(fuse_req_t request, NodeTree::Id node) {
    const auto its = TRY(tree_of(request).attributes(node));
    struct stat out{};
    out.st_ino = node;
    out.st_mode = type_bits(its.kind) | its.mode;
    out.st_nlink = its.kind == NodeTree::Kind::directory ? 2 : 1;
    out.st_size = static_cast<off_t>(its.size);
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
void setattr(fuse_req_t request, fuse_ino_t node, struct stat*, int, fuse_file_info* file) {
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

void open(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
    const auto attributes = tree_of(request).attributes(node);
    if (!attributes) {
        refuse(request, attributes.error());
        return;
    }
    file->direct_io = 1;  // registers: each access reaches them, with its own offset and length
    fuse_reply_open(request, file);
}

void read(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info*) {
    const auto bytes = tree_of(request).read_at(node, static_cast<std::uint64_t>(offset), size);
    if (!bytes) {
        refuse_open(request, bytes.error());
        return;
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): C wants char
    fuse_reply_buf(request, reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

void write(fuse_req_t request, fuse_ino_t node, const char* data, std::size_t size, off_t offset,
           fuse_file_info*) {
    const auto taken =
        tree_of(request).write_at(node, static_cast<std::uint64_t>(offset), as_bytes({data, size}));
    if (!taken) {
        refuse_open(request, taken.error());
        return;
    }
    fuse_reply_write(request, *taken);
}

void readdir(fuse_req_t request, fuse_ino_t node, std::size_t size, off_t offset, fuse_file_info*) {
    auto entries = tree_of(request).entries(node);
    if (!entries) {
        refuse(request, entries.error());
        return;
    }
    entries->insert(entries->begin(),
                    {{".", node, NodeTree::Kind::directory}, {"..", node, NodeTree::Kind::directory}});
    std::string buffer(std::min(size, std::size_t{65536}), '\0');
    std::size_t used = 0;
    for (auto i = static_cast<std::size_t>(offset); i < entries->size(); ++i) {
        const auto& entry = (*entries)[i];
        struct stat attributes{};
        attributes.st_ino = entry.id;
        attributes.st_mode = type_bits(entry.kind);
        const auto needed = fuse_add_direntry(
            request, std::next(buffer.data(), static_cast<std::ptrdiff_t>(used)), buffer.size() - used,
            entry.name.c_str(), &attributes, static_cast<off_t>(i + 1));
        if (needed > buffer.size() - used) break;
        used += needed;
    }
    fuse_reply_buf(request, buffer.data(), used);
}

constexpr auto operations = [] {
    fuse_lowlevel_ops ops{};
    ops.lookup = lookup;
    ops.getattr = getattr;
    ops.setattr = setattr;
    ops.readlink = readlink;
    ops.open = open;
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

FuseMount::FuseMount(std::string directory, fuse_session* session)
    : directory_{std::move(directory)}, session_{session} {}

FuseMount::~FuseMount() {
    fuse_session_unmount(session_);
    fuse_session_destroy(session_);
}

Checked<std::unique_ptr<FuseMount>> FuseMount::at(std::string directory, NodeTree& tree) {
    TRY(check(directory));
    std::array words{std::string{"busguard"}, std::string{"-ofsname=busguard,subtype=busguard"}};
    std::array<char*, 3> arguments{words[0].data(), words[1].data(), nullptr};
    fuse_args parsed = FUSE_ARGS_INIT(2, arguments.data());
    auto* session = fuse_session_new(&parsed, &operations, sizeof operations, &tree);
    fuse_opt_free_args(&parsed);
    if (session == nullptr) return fail(cannot(directory, "libfuse refuses to start", ""));
    if (fuse_session_mount(session, directory.c_str()) != 0) {
        const std::string reason = std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): one thread
        fuse_session_destroy(session);
        return fail(cannot(directory, "cannot be mounted on: " + reason,
                           "be root, or install fuse3 for fusermount3; or use the machine in process"));
    }
    std::unique_ptr<FuseMount> mount{new FuseMount(std::move(directory), session)};
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

}  // namespace busguard::emulate
