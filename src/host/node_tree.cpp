#include "host/node_tree.h"

#include <algorithm>
#include <cerrno>
#include <deque>

namespace busguard::host {
namespace {

constexpr std::size_t most_links = 40;  // as Linux: ELOOP beyond
constexpr std::size_t page = 4096;      // an attribute of sysfs is one page at most

bool is_readable(const NodeTree::Content& content) { return content.read_at || content.text; }
bool is_writable(const NodeTree::Content& content) { return content.write_at || content.write_later; }

bool is_good_name(std::string_view name) { return !name.empty() && name != "." && name != ".."; }

/// Puts the names of a path in front of what is still to be walked; ".." only inside a link.
bool put_in_front(std::deque<std::string>& names, std::string_view path, bool inside_link) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto part = path.substr(0, slash);
        if (!is_good_name(part) && !(inside_link && part == "..")) return false;
        parts.emplace_back(part);
        if (slash == std::string_view::npos) break;
        path.remove_prefix(slash + 1);
        if (path.empty()) return false;
    }
    names.insert(names.begin(), parts.begin(), parts.end());
    return true;
}

/// An open file knows its node by number: after a removal the device is gone, whoever holds it open.
class OpenNode final : public File {
public:
    OpenNode(NodeTree& tree, NodeTree::Id node) : tree_{&tree}, node_{node} {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) override {
        auto bytes = tree_->read_at(node_, offset, into.size(), text_);
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
    NodeTree::Text text_;
};

}  // namespace

NodeTree::NodeTree() { nodes_[root] = Node{}; }

const NodeTree::Node* NodeTree::node(Id id) const {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? nullptr : &found->second;
}

std::optional<NodeTree::Item> NodeTree::answered(Id id) const {
    const auto directory = folders_.find(id / Folder::key_limit);
    if (directory == folders_.end()) return std::nullopt;
    return nodes_.at(directory->second).folder->item(id % Folder::key_limit);
}

/// `use` of the tree's own item, or of the one that a folder answers for.
template <class Use>
auto NodeTree::with(Id id, const Use& use) const -> decltype(use(std::declval<const Item&>())) {
    if (const auto* its = node(id)) return use(its->item);
    if (const auto item = answered(id)) return use(*item);
    return fail(Errc::not_found, "node");
}

NodeTree::Id NodeTree::add(Id parent, Item item) {
    auto& siblings = nodes_.at(parent).children;
    if (const auto there = siblings.find(item.name); there != siblings.end()) return there->second;
    const auto id = next_++;
    siblings.emplace(item.name, id);
    nodes_[id] = {.item = std::move(item), .parent = parent};
    return id;
}

NodeTree::Id NodeTree::add_directory(Id parent, std::string name, Stamp changed) {
    return add(parent, {.kind = Kind::directory, .name = std::move(name), .content = {.changed = changed}});
}
NodeTree::Id NodeTree::add_file(Id parent, std::string name, Content content) {
    return add(parent, {.kind = Kind::file, .name = std::move(name), .content = std::move(content)});
}
NodeTree::Id NodeTree::add_link(Id parent, std::string name, std::string target) {
    return add(parent, {.kind = Kind::link, .name = std::move(name), .target = std::move(target)});
}
NodeTree::Id NodeTree::add_folder(Id parent, std::string name, const Folder& folder, Stamp changed) {
    const auto id = add_directory(parent, std::move(name), changed);
    auto& directory = nodes_.at(id);
    if (directory.folder != nullptr) return id;
    directory.folder = &folder;
    directory.folder_number = next_folder_++;
    folders_[directory.folder_number] = id;
    return id;
}

void NodeTree::set_size(Id file, std::uint64_t size) {
    if (const auto found = nodes_.find(file); found != nodes_.end()) found->second.item.content.size = size;
}

void NodeTree::remove(Id id) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end() || id == root) return;
    const auto children = found->second.children;
    for (const auto& [name, child] : children) remove(child);
    folders_.erase(found->second.folder_number);
    nodes_.at(found->second.parent).children.erase(found->second.item.name);
    nodes_.erase(found);
}

std::optional<NodeTree::Id> NodeTree::child(Id directory, std::string_view name) const {
    const auto* its = node(directory);
    if (its == nullptr) return std::nullopt;
    if (its->folder != nullptr) {
        const auto key = its->folder->find(name);
        if (!key) return std::nullopt;
        return (its->folder_number * Folder::key_limit) + *key;
    }
    const auto found = its->children.find(name);
    if (found == its->children.end()) return std::nullopt;
    return found->second;
}

Result<NodeTree::Attributes> NodeTree::attributes(Id id) const {
    return with(id, [](const Item& its) -> Result<Attributes> {
        const auto& [kind, name, content, target] = its;
        switch (kind) {
            case Kind::directory: return Attributes{kind, 0755, 0, content.changed};
            case Kind::file: return Attributes{kind, content.mode, content.size, content.changed};
            case Kind::link: break;
        }
        return Attributes{kind, 0777, target.size(), content.changed};
    });
}

Result<std::vector<NodeTree::Entry>> NodeTree::entries(Id directory, std::uint64_t from,
                                                       std::size_t most) const {
    const auto* its = node(directory);
    if (its == nullptr || its->item.kind != Kind::directory) {
        if (!attributes(directory)) return fail(Errc::not_found, "node");
        return fail(Errc::unsupported, "directory", 0, ENOTDIR);
    }
    std::vector<Entry> found;
    if (const auto* folder = its->folder) {
        // By key, not by position: what is purged meanwhile hides nothing else from who is reading.
        for (auto key = folder->first_from(from); key && found.size() < most;
             key = folder->first_from(*key + 1))
            if (auto item = folder->item(*key))
                found.push_back({.name = std::move(item->name),
                                 .id = (its->folder_number * Folder::key_limit) + *key,
                                 .kind = item->kind,
                                 .next = *key + 1});
        return found;
    }
    std::uint64_t position = 0;
    for (const auto& [name, id] : its->children) {
        if (found.size() == most) break;
        if (position++ >= from) found.push_back({name, id, nodes_.at(id).item.kind, position});
    }
    return found;
}

Result<std::string> NodeTree::target(Id id) const {
    return with(id, [](const Item& its) -> Result<std::string> {
        if (its.kind != Kind::link) return fail(Errc::unsupported, "symbolic link", 0, EINVAL);
        return its.target;
    });
}

// A content's functions are copied before they are called: the call may remove the node.
Result<Bytes> NodeTree::read_at(Id file, std::uint64_t offset, std::size_t length, Text& held) const {
    const auto content = TRY(with(file, [](const Item& its) -> Result<Content> {
        if (its.kind != Kind::file) return fail(Errc::unsupported, "file", 0, EISDIR);
        if (!is_readable(its.content)) return fail(Errc::permission, "read", 0, EACCES);
        return its.content;
    }));
    if (!content.text) return content.read_at(offset, length);
    if (offset == 0 || held == nullptr) held = TRY(content.text());
    return part_of(as_bytes(*held), offset, length);
}

void NodeTree::write_at(Id file, std::uint64_t offset, ByteView bytes, Written done) {
    const auto content = with(file, [](const Item& its) -> Result<Content> {
        if (its.kind != Kind::file) return fail(Errc::unsupported, "file", 0, EISDIR);
        if (!is_writable(its.content)) return fail(Errc::permission, "write", 0, EACCES);
        return its.content;
    });
    if (!content)
        done(fail(content.error()));
    else if (content->write_later)
        content->write_later(offset, bytes, std::move(done));
    else
        done(content->write_at(offset, bytes));
}

Result<std::size_t> NodeTree::write_at(Id file, std::uint64_t offset, ByteView bytes) {
    // Shared, for `done` may be called when nobody asks any more.
    const auto said = std::make_shared<std::optional<Result<std::size_t>>>();
    write_at(file, offset, bytes, [said](const Result<std::size_t>& taken) { said->emplace(taken); });
    if (!*said) return fail(Errc::not_ready, "write", 0, EAGAIN);
    return **said;
}

Result<void> NodeTree::can_open(Id file, Access access) const {
    return with(file, [access](const Item& its) -> Result<void> {
        if (its.kind != Kind::file) return fail(Errc::unsupported, "file", 0, EISDIR);
        if (access != Access::write && !is_readable(its.content))
            return fail(Errc::permission, "read", 0, EACCES);
        if (access != Access::read && !is_writable(its.content))
            return fail(Errc::permission, "write", 0, EACCES);
        return {};
    });
}

std::string NodeTree::path(Id id) const {
    std::string text;
    if (const auto item = answered(id)) {
        text = item->name;
        id = folders_.at(id / Folder::key_limit);
    }
    for (const auto* its = node(id); its != nullptr && id != root; id = its->parent, its = node(id))
        text.insert(0, text.empty() ? its->item.name : its->item.name + "/");
    return text;
}

Result<NodeTree::Id> NodeTree::find(std::string_view path, bool follow_last) const {
    std::deque<std::string> names;
    if (!put_in_front(names, path, false)) return fail(Errc::bad_field, "path", 0, EINVAL);

    Id at = root;
    std::size_t links = 0;
    while (!names.empty()) {
        const auto name = std::move(names.front());
        names.pop_front();
        if (name == "..") {
            const auto* from = node(at);
            if (from == nullptr) return fail(Errc::not_found, "path", 0, ENOENT);
            at = from->parent;
            continue;
        }
        const auto next = child(at, name);
        if (!next) return fail(Errc::not_found, "path", 0, ENOENT);
        if (const auto link = target(*next); link && (follow_last || !names.empty())) {
            if (++links > most_links) return fail(Errc::too_large, "symbolic links", 0, ELOOP);
            if (!put_in_front(names, *link, true)) return fail(Errc::not_found, "symbolic link", 0, ENOENT);
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
    std::ranges::sort(names);
    return names;
}

Result<Bytes> NodeTree::read(std::string_view path, std::size_t limit) const {
    const auto file = TRY(find(path, true));
    Text held;
    auto bytes = TRY(read_at(file, 0, limit, held));
    if (bytes.size() == limit) {
        const auto more = TRY(read_at(file, limit, 1, held));
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

Result<std::unique_ptr<File>> NodeTree::open(std::string_view path, Access access) {
    const auto file = TRY(find(path, true));
    TRY(can_open(file, access));
    return std::unique_ptr<File>{std::make_unique<OpenNode>(*this, file)};
}

bool NodeTree::exists(std::string_view path) const { return static_cast<bool>(find(path, true)); }

Bytes part_of(ByteView whole, std::uint64_t offset, std::size_t length) {
    if (offset >= whole.size()) return {};
    const auto rest = whole.subspan(static_cast<std::size_t>(offset));
    return to_bytes(rest.first(std::min(length, rest.size())));
}

NodeTree::Content text_attribute(std::function<std::string()> value, std::uint32_t mode) {
    NodeTree::Content content{.mode = mode};
    content.text = [value = std::move(value)] { return std::make_shared<const std::string>(value() + "\n"); };
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

}  // namespace busguard::host
