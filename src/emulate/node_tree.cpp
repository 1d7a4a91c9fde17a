#include "emulate/node_tree.h"

#include <algorithm>
#include <cerrno>
#include <deque>

namespace busguard::emulate {
namespace {

constexpr std::size_t most_links = 40;  // as Linux: ELOOP beyond
constexpr std::size_t page = 4096;      // an attribute of sysfs is one page at most

bool is_good_name(std::string_view name) { return !name.empty() && name != "." && name != ".."; }

Result<Bytes> slice(ByteView whole, std::uint64_t offset, std::size_t length) {
    if (offset >= whole.size()) return Bytes{};
    const auto rest = whole.subspan(static_cast<std::size_t>(offset));
    return to_bytes(rest.first(std::min(length, rest.size())));
}

/// Puts the names of a path in front of what is still to be walked; ".." only inside a link.
bool enqueue(std::deque<std::string>& names, std::string_view text, bool inside_link) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto slash = text.find('/');
        const auto part = text.substr(0, slash);
        if (!is_good_name(part) && !(inside_link && part == "..")) return false;
        parts.emplace_back(part);
        if (slash == std::string_view::npos) break;
        text.remove_prefix(slash + 1);
        if (text.empty()) return false;
    }
    names.insert(names.begin(), parts.begin(), parts.end());
    return true;
}

/// An open file knows its node by number: after a removal the device is gone, whoever holds it open.
class OpenNode final : public host::File {
public:
    OpenNode(NodeTree& tree, NodeTree::Id node) : tree_{&tree}, node_{node} {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        auto bytes = tree_->read_at(node_, offset, into.size());
        if (!bytes) return fail(gone_or(bytes.error()));
        std::ranges::copy(*bytes, into.begin());
        return bytes->size();
    }
    Result<std::size_t> write_at(std::uint64_t offset, ByteView bytes) override {
        auto taken = tree_->write_at(node_, offset, bytes);
        if (!taken) return fail(gone_or(taken.error()));
        return taken;
    }

private:
    static Error gone_or(Error error) {
        if (error.code != Errc::not_found) return error;
        return {.code = Errc::disconnected, .what = "removed device", .detail = ENODEV};
    }

    NodeTree* tree_;
    NodeTree::Id node_;
};

}  // namespace

NodeTree::NodeTree() { nodes_[root] = Node{}; }

const NodeTree::Node* NodeTree::find(Id id) const {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? nullptr : &found->second;
}

NodeTree::Id NodeTree::add(Id parent, std::string name, Node node) {
    auto& siblings = nodes_.at(parent).children;
    if (const auto there = siblings.find(name); there != siblings.end()) return there->second;
    const auto id = next_++;
    node.parent = parent;
    node.name = name;
    siblings.emplace(std::move(name), id);
    nodes_.emplace(id, std::move(node));
    return id;
}

NodeTree::Id NodeTree::add_directory(Id parent, std::string name) {
    return add(parent, std::move(name), {.kind = Kind::directory});
}
NodeTree::Id NodeTree::add_file(Id parent, std::string name, Content content) {
    return add(parent, std::move(name), {.kind = Kind::file, .content = std::move(content)});
}
NodeTree::Id NodeTree::add_link(Id parent, std::string name, std::string target) {
    return add(parent, std::move(name), {.kind = Kind::link, .target = std::move(target)});
}

void NodeTree::remove(Id node) {
    const auto found = nodes_.find(node);
    if (found == nodes_.end() || node == root) return;
    const auto children = found->second.children;
    for (const auto& [name, child] : children) remove(child);
    nodes_.at(found->second.parent).children.erase(found->second.name);
    nodes_.erase(found);
}

std::optional<NodeTree::Id> NodeTree::child(Id directory, std::string_view name) const {
    const auto* its = find(directory);
    if (its == nullptr) return std::nullopt;
    const auto found = its->children.find(name);
    if (found == its->children.end()) return std::nullopt;
    return found->second;
}

Result<NodeTree::Attributes> NodeTree::attributes(Id node) const {
    const auto* its = find(node);
    if (its == nullptr) return fail(Errc::not_found, "node");
    switch (its->kind) {
        case Kind::directory: return Attributes{its->kind, 0755, 0};
        case Kind::file: return Attributes{its->kind, its->content.mode, its->content.size};
        case Kind::link: break;
    }
    return Attributes{its->kind, 0777, its->target.size()};
}

Result<std::vector<NodeTree::Entry>> NodeTree::entries(Id directory) const {
    const auto* its = find(directory);
    if (its == nullptr) return fail(Errc::not_found, "node");
    if (its->kind != Kind::directory) return fail(Errc::unsupported, "directory", 0, ENOTDIR);
    std::vector<Entry> all;
    all.reserve(its->children.size());
    for (const auto& [name, id] : its->children) all.push_back({name, id, nodes_.at(id).kind});
    return all;
}

Result<std::string> NodeTree::target(Id link) const {
    const auto* its = find(link);
    if (its == nullptr) return fail(Errc::not_found, "node");
    if (its->kind != Kind::link) return fail(Errc::unsupported, "symbolic link", 0, EINVAL);
    return its->target;
}

Result<Bytes> NodeTree::read_at(Id file, std::uint64_t offset, std::size_t length) const {
    const auto* its = find(file);
    if (its == nullptr) return fail(Errc::not_found, "node");
    if (its->kind != Kind::file) return fail(Errc::unsupported, "file", 0, EISDIR);
    if (!its->content.read_at) return fail(Errc::permission, "read", 0, EACCES);
    const auto read = its->content.read_at;  // a copy: the call may remove the node
    return read(offset, length);
}

Result<std::size_t> NodeTree::write_at(Id file, std::uint64_t offset, ByteView bytes) {
    const auto* its = find(file);
    if (its == nullptr) return fail(Errc::not_found, "node");
    if (its->kind != Kind::file) return fail(Errc::unsupported, "file", 0, EISDIR);
    if (!its->content.write_at) return fail(Errc::permission, "write", 0, EACCES);
    const auto write = its->content.write_at;
    return write(offset, bytes);
}

std::string NodeTree::path(Id node) const {
    std::string text;
    for (const auto* its = find(node); its != nullptr && node != root; node = its->parent, its = find(node))
        text.insert(0, text.empty() ? its->name : its->name + "/");
    return text;
}

Result<NodeTree::Id> NodeTree::find(std::string_view path, bool follow_last) const {
    std::deque<std::string> names;
    if (!enqueue(names, path, false)) return fail(Errc::bad_field, "path", 0, EINVAL);

    Id at = root;
    std::size_t links = 0;
    while (!names.empty()) {
        const auto name = std::move(names.front());
        names.pop_front();
        if (name == "..") {
            at = nodes_.at(at).parent;
            continue;
        }
        const auto next = child(at, name);
        if (!next) return fail(Errc::not_found, "path", 0, ENOENT);
        const auto& its = nodes_.at(*next);
        if (its.kind == Kind::link && (follow_last || !names.empty())) {
            if (++links > most_links) return fail(Errc::too_large, "symbolic links", 0, ELOOP);
            if (!enqueue(names, its.target, true)) return fail(Errc::not_found, "symbolic link", 0, ENOENT);
            continue;  // from the directory that holds the link
        }
        at = *next;
    }
    return at;
}

Result<std::vector<std::string>> NodeTree::list(std::string_view path) const {
    const auto directory = TRY(find(path, true));
    const auto all = TRY(entries(directory));
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& entry : all) names.push_back(entry.name);
    return names;  // the map keeps them sorted
}

Result<Bytes> NodeTree::read(std::string_view path, std::size_t limit) const {
    const auto file = TRY(find(path, true));
    auto bytes = TRY(read_at(file, 0, limit));
    if (bytes.size() == limit) {
        const auto more = TRY(read_at(file, limit, 1));
        if (!more.empty()) return fail(Errc::too_large, "file");
    }
    return bytes;
}

Result<void> NodeTree::write(std::string_view path, ByteView bytes) {
    const auto file = TRY(find(path, true));
    const auto taken = TRY(write_at(file, 0, bytes));
    if (taken != bytes.size()) return fail(Errc::system, "write", 0, EIO);
    return {};
}

Result<std::string> NodeTree::link(std::string_view path) const {
    const auto found = TRY(find(path, false));
    return target(found);
}

Result<std::unique_ptr<host::File>> NodeTree::open(std::string_view path, host::Access access) {
    const auto file = TRY(find(path, true));
    const auto& its = nodes_.at(file);
    if (its.kind != Kind::file) return fail(Errc::unsupported, "file", 0, EISDIR);
    if (access != host::Access::write && !its.content.read_at)
        return fail(Errc::permission, "read", 0, EACCES);
    if (access != host::Access::read && !its.content.write_at)
        return fail(Errc::permission, "write", 0, EACCES);
    return std::unique_ptr<host::File>{std::make_unique<OpenNode>(*this, file)};
}

bool NodeTree::exists(std::string_view path) const { return static_cast<bool>(find(path, true)); }

NodeTree::Content text_attribute(std::function<std::string()> value, std::uint32_t mode) {
    NodeTree::Content content{.mode = mode};
    content.read_at = [value = std::move(value)](std::uint64_t offset, std::size_t length) {
        const auto text = value() + "\n";
        return slice(as_bytes(text), offset, length);
    };
    return content;
}

NodeTree::Content constant_attribute(std::string value, std::uint32_t mode) {
    return text_attribute([value = std::move(value)] { return value; }, mode);
}

NodeTree::Content command_attribute(std::function<Result<void>(std::string_view)> action,
                                    std::uint32_t mode) {
    NodeTree::Content content{.mode = mode};
    content.write_at = [action = std::move(action)](std::uint64_t, ByteView bytes) -> Result<std::size_t> {
        if (bytes.size() >= page) return fail(Errc::bad_field, "attribute", 0, EINVAL);
        auto text = as_text(bytes);
        if (text.ends_with('\n')) text.remove_suffix(1);
        TRY(action(text));
        return bytes.size();
    };
    return content;
}

int to_errno(const Error& error) {
    if (error.detail != 0) return static_cast<int>(error.detail);
    switch (error.code) {
        case Errc::not_found: return ENOENT;
        case Errc::permission: return EACCES;
        case Errc::disconnected: return ENODEV;
        case Errc::owned: return EBUSY;
        case Errc::bad_field:
        case Errc::unsupported: return EINVAL;
        case Errc::too_large: return EFBIG;
        case Errc::timeout: return ETIMEDOUT;
        case Errc::truncated:
        case Errc::trailing_bytes:
        case Errc::mismatch:
        case Errc::unexpected:
        case Errc::no_common:
        case Errc::peer_error:
        case Errc::not_ready:
        case Errc::transport:
        case Errc::crypto:
        case Errc::system: break;
    }
    return EIO;
}

}  // namespace busguard::emulate
