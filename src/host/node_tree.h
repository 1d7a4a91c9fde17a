#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "host/file_tree.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace busguard::host {

/// A tree of files in memory whose contents are calls, as sysfs has it: in process by the seam FileTree, or
/// mounted (fuse.h), where the numbers of its nodes become inode numbers. One thread at a time.
class NodeTree final : public FileTree {
public:
    using Id = std::uint64_t;
    static constexpr Id root = 1;  ///< FUSE's number too

    enum class Kind : std::uint8_t { directory, file, link };

    using Stamp = std::chrono::sys_time<std::chrono::nanoseconds>;

    /// A whole text, shared by all who read it.
    using Text = std::shared_ptr<const std::string>;

    /// What became of a write: how many bytes were taken.
    using Written = std::function<void(Result<std::size_t>)>;

    /// What a file does. A missing function: that access is refused (permission). Errors go to the caller;
    /// `detail` is the errno that a mount reports (without one: the code's own, see to_errno).
    struct Content {
        std::function<Result<Bytes>(std::uint64_t offset, std::size_t length)> read_at;
        /// In place of read_at for what may be replaced while somebody reads it: as sysfs has it, each who
        /// opened the file reads on in the text that was there when he read at offset 0.
        std::function<Result<Text>()> text;
        std::function<Result<std::size_t>(std::uint64_t offset, ByteView bytes)> write_at;
        /// In place of write_at for what takes its time: calls `done` once, now or later, on the same thread.
        /// `bytes` are there until it returns.
        std::function<void(std::uint64_t offset, ByteView bytes, Written done)> write_later;
        std::uint32_t mode = 0444;  ///< permission bits
        std::uint64_t size = 4096;  ///< as stat shows it; attributes of sysfs always say 4096
        Stamp changed;              ///< the times that stat shows, of links and directories too
    };
    struct Attributes {
        Kind kind{};
        std::uint32_t mode = 0;
        std::uint64_t size = 0;
        Stamp changed;
    };
    struct Entry {
        std::string name;
        Id id = 0;
        Kind kind{};
        std::uint64_t next = 0;  ///< where entries() goes on after this one
    };

    struct Item {
        Kind kind = Kind::directory;
        std::string name;
        Content content;     ///< of a file; of others only `changed`
        std::string target;  ///< of a link
    };

    /// A directory that answers for its entries instead of keeping them: of thousands of files that follow
    /// from little, only the little is held.
    class Folder {
    public:
        using Key = std::uint64_t;  ///< names an entry, now and ever
        static constexpr Key key_limit = Key{1} << 40U;

        Folder() = default;
        Folder(const Folder&) = delete;
        Folder& operator=(const Folder&) = delete;
        virtual ~Folder() = default;

        virtual std::optional<Key> find(std::string_view name) const = 0;
        /// The lowest key there is that is not below `least`.
        virtual std::optional<Key> first_from(Key least) const = 0;
        /// A file or a link; nothing for a key that is not there.
        virtual std::optional<Item> item(Key key) const = 0;
    };

    NodeTree();

    /// All give the node there if it exists already. `parent` is a directory of this tree and no folder,
    /// `name` one name.
    Id add_directory(Id parent, std::string name, Stamp changed = {});
    Id add_file(Id parent, std::string name, Content content);
    Id add_link(Id parent, std::string name, std::string target);
    /// `folder` outlives the node.
    Id add_folder(Id parent, std::string name, const Folder& folder, Stamp changed = {});
    /// What stat shows of a file whose content has another length now.
    void set_size(Id file, std::uint64_t size);
    /// The node and all below it. Its number is never given again.
    void remove(Id id);

    // By number, for a mount. Errors: not_found for a number that is gone or was never there; unsupported for
    // the wrong kind; permission.
    std::optional<Id> child(Id directory, std::string_view name) const;
    Result<Attributes> attributes(Id id) const;
    /// `most` entries at most, from the place that Entry::next of the one before told.
    Result<std::vector<Entry>> entries(Id directory, std::uint64_t from = 0,
                                       std::size_t most = static_cast<std::size_t>(-1)) const;
    Result<std::string> target(Id id) const;
    /// `held` is what one who has the file open keeps between his reads; empty at first.
    Result<Bytes> read_at(Id file, std::uint64_t offset, std::size_t length, Text& held) const;
    void write_at(Id file, std::uint64_t offset, ByteView bytes, Written done);
    /// The same for who cannot wait. Error: not_ready (EAGAIN) if the content takes longer; what becomes of
    /// the write is not told then.
    Result<std::size_t> write_at(Id file, std::uint64_t offset, ByteView bytes);
    /// Is there a function for this access? sysfs refuses it at open(), to root too.
    Result<void> can_open(Id file, Access access) const;
    /// Where the node is, from the root, e.g. "bus/pci".
    std::string path(Id id) const;

    // FileTree
    Result<std::vector<std::string>> list(std::string_view path) const override;
    Result<Bytes> read(std::string_view path, std::size_t limit = 65536) const override;
    Result<void> write(std::string_view path, ByteView bytes) override;
    Result<std::string> link(std::string_view path) const override;
    Result<std::unique_ptr<File>> open(std::string_view path, Access access) override;
    bool exists(std::string_view path) const override;

    /// The node of a path, links on the way followed, at the end only if `follow_last`. Errors: bad_field,
    /// not_found, too_large (links in a circle).
    Result<Id> find(std::string_view path, bool follow_last) const;

private:
    struct Node {
        Item item;
        Id parent = root;
        std::map<std::string, Id, std::less<>> children;
        const Folder* folder = nullptr;
        Id folder_number = 0;  ///< upper part of the numbers of what the folder answers for
    };

    const Node* node(Id id) const;
    std::optional<Item> answered(Id id) const;
    template <class Use>
    auto with(Id id, const Use& use) const -> decltype(use(std::declval<const Item&>()));
    Id add(Id parent, Item item);

    std::map<Id, Node> nodes_;
    std::map<Id, Id> folders_;  // by number: the directory
    Id next_ = root + 1;
    Id next_folder_ = 1;
};

/// What a read at `offset` gets of a content.
Bytes part_of(ByteView whole, std::uint64_t offset, std::size_t length);

/// The content of an attribute that is text, with a newline at its end.
NodeTree::Content text_attribute(std::function<std::string()> value, std::uint32_t mode = 0444);
NodeTree::Content constant_attribute(std::string value, std::uint32_t mode = 0444);
/// An attribute that takes one word: what is written, without the newline at its end.
NodeTree::Content command_attribute(std::function<Result<void>(std::string_view)> action,
                                    std::uint32_t mode = 0200);

/// The errno that stands for an error: `detail` if the error says one.
int to_errno(const Error& error);

}  // namespace busguard::host
