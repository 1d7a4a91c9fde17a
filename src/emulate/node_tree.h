#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "host/file_tree.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::emulate {

/// A tree of files in memory whose contents are calls, as sysfs has it: in process by the seam FileTree, or
/// mounted (fuse.h), where the numbers of its nodes become inode numbers. One thread at a time.
class NodeTree final : public host::FileTree {
public:
    using Id = std::uint64_t;
    static constexpr Id root = 1;  ///< FUSE's number too

    enum class Kind : std::uint8_t { directory, file, link };

    /// What a file does. A missing function: that access is refused (permission). Errors go to the caller;
    /// `detail` is the errno that a mount reports (without one: the code's own, see to_errno).
    struct Content {
        std::function<Result<Bytes>(std::uint64_t offset, std::size_t length)> read_at;
        std::function<Result<std::size_t>(std::uint64_t offset, ByteView bytes)> write_at;
        std::uint32_t mode = 0444;  ///< permission bits
        std::uint64_t size = 4096;  ///< as stat shows it; attributes of sysfs always say 4096
    };
    struct Attributes {
        Kind kind{};
        std::uint32_t mode = 0;
        std::uint64_t size = 0;
    };
    struct Entry {
        std::string name;
        Id id = 0;
        Kind kind{};
    };

    NodeTree();

    /// Both give the node there if it exists already. `parent` is a directory of this tree, `name` one name.
    Id add_directory(Id parent, std::string name);
    Id add_file(Id parent, std::string name, Content content);
    Id add_link(Id parent, std::string name, std::string target);
    /// The node and all below it. Its number is never given again.
    void remove(Id node);

    // By number, for a mount. Errors: not_found for a number that is gone or was never there; unsupported for
    // the wrong kind; permission.
    std::optional<Id> child(Id directory, std::string_view name) const;
    Result<Attributes> attributes(Id node) const;
    Result<std::vector<Entry>> entries(Id directory) const;
    Result<std::string> target(Id link) const;
    Result<Bytes> read_at(Id file, std::uint64_t offset, std::size_t length) const;
    Result<std::size_t> write_at(Id file, std::uint64_t offset, ByteView bytes);
    /// Where the node is, from the root, e.g. "bus/pci".
    std::string path(Id node) const;

    // FileTree
    Result<std::vector<std::string>> list(std::string_view path) const override;
    Result<Bytes> read(std::string_view path, std::size_t limit = 65536) const override;
    Result<void> write(std::string_view path, ByteView bytes) override;
    Result<std::string> link(std::string_view path) const override;
    Result<std::unique_ptr<host::File>> open(std::string_view path, host::Access access) override;
    bool exists(std::string_view path) const override;

    /// The node of a path, links on the way followed, at the end only if `follow_last`. Errors: bad_field,
    /// not_found, too_large (links in a circle).
    Result<Id> find(std::string_view path, bool follow_last) const;

private:
    struct Node {
        Id parent = root;
        std::string name;
        Kind kind = Kind::directory;
        std::map<std::string, Id, std::less<>> children;
        Content content;
        std::string target;
    };

    const Node* find(Id id) const;
    Id add(Id parent, std::string name, Node node);

    std::map<Id, Node> nodes_;
    Id next_ = root + 1;
};

/// The content of an attribute that is text: read as a whole, with a newline at its end.
NodeTree::Content text_attribute(std::function<std::string()> value, std::uint32_t mode = 0444);
NodeTree::Content constant_attribute(std::string value, std::uint32_t mode = 0444);
/// An attribute that takes one word: what is written, without the newline at its end.
NodeTree::Content command_attribute(std::function<Result<void>(std::string_view)> action,
                                    std::uint32_t mode = 0200);

/// The errno that stands for an error: `detail` if the error says one.
int to_errno(const Error& error);

}  // namespace busguard::emulate
