#pragma once

#include "host/file_tree.h"
#include "transport/channel.h"

namespace busguard::host {

/// Looks before and after each exchange whether a TSM has taken the PCI function meanwhile (tsm/connect): the
/// answer may then belong to the TSM's session, and the next request would break into it. Everything else is
/// the channel's below.
class GuardedChannel final : public transport::Channel {
public:
    /// The tree must outlive it.
    GuardedChannel(std::unique_ptr<transport::Channel> channel, const FileTree& tree, std::string address)
        : channel_{std::move(channel)}, tree_{&tree}, address_{std::move(address)} {}

    /// Errors, beyond the channel's: owned "tsm/connect", and those of tsm_owner().
    Result<void> send(ByteView message, Time now, Time patience) override;
    Result<Progress> poll(Time now) override;
    std::size_t largest() const override { return channel_->largest(); }
    std::string_view name() const override { return channel_->name(); }

private:
    Result<void> check() const;

    std::unique_ptr<transport::Channel> channel_;
    const FileTree* tree_;
    std::string address_;
};

}  // namespace busguard::host
