#pragma once

#include "base/seams.h"
#include "daemon/device_view.h"
#include "daemon/record_cache.h"
#include "host/node_tree.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace busguard::daemon {

/// The files that a Linux kernel with the CMA series (v2 of 2024-06-30) shows below a device, for every bus
/// alike: BUS/ADDRESS/authenticated, certificates/slotN, signatures/N_…, with its modes, sizes, errno and
/// rules of what is visible; and what it leaves open: measurements/, owner, verdict.json. In the tree's root
/// stands `max_signatures_size`, the series' sysctl. busguard-files(5) describes them all.
class FileAbi {
public:
    struct Actions {
        /// Somebody wrote `re`. `done` is called once, now or later, on the same thread, with 0 or errno_of()
        /// the attempt: until then he waits.
        using Done = std::function<void(int error)>;
        std::function<void(const std::string& device, Done done)> reauthenticate;
        /// Somebody wrote `release` to `standing`, or `native` to `owner`. Errors: unexpected (EINVAL) if
        /// there is nothing to end or to claim, owned (EBUSY), not_found, system.
        std::function<Result<void>(const std::string& device)> release, claim;
        /// Gets a record back from where evidence is kept.
        RecordCache::Load load;
    };

    /// `tree` and `clock` outlive it.
    FileAbi(host::NodeTree& tree, Clock& clock, Actions actions);
    FileAbi(const FileAbi&) = delete;
    FileAbi& operator=(const FileAbi&) = delete;
    ~FileAbi();

    /// Shows a device, or what is new of one that is shown. Error: bad_field for a name that is not
    /// BUS/ADDRESS.
    Result<void> show(DeviceView view);
    /// The device is gone: when it comes again, its signatures count from 0.
    void hide(std::string_view device);
    /// What is shown of it; null if nothing is.
    const DeviceView* view(std::string_view device) const;

    /// Adds the bundle's signatures to those of a device that is shown. `evidence` is the
    /// bundle's index in the log.
    void record(std::string_view device, std::uint64_t evidence, const evidence::Bundle& bundle);

    /// The nonce that somebody chose for the next attempt; nothing if nobody did. It is used once.
    std::optional<spdm::Nonce> take_nonce(std::string_view device);

private:
    struct Shown;

    Shown* find(std::string_view device) const;
    void arrange_files(Shown& shown);
    host::NodeTree::Content authenticated(const Shown& shown) const;
    static host::NodeTree::Content ordered(const std::string& shown, std::string_view order,
                                           std::function<Result<void>()> action);
    host::NodeTree::Content size_limit();

    host::NodeTree* tree_;
    Clock* clock_;
    Actions actions_;
    RecordCache records_;
    std::uint64_t most_signatures_;  // bytes for each device
    std::map<std::string, std::unique_ptr<Shown>, std::less<>> devices_;
};

}  // namespace busguard::daemon
