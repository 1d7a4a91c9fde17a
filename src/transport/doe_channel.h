#pragma once

#include "transport/doe_mailbox.h"

namespace busguard::transport {

/// SPDM over a DOE mailbox: data object type 1 (CMA-SPDM). The padding to whole double words comes with the
/// answer. The space must outlive it.
class DoeChannel final : public Channel {
public:
    explicit DoeChannel(ConfigSpace& space, DoeCapability where,
                        std::size_t largest = Mailbox::default_largest);

    /// Errors: those of Mailbox::begin().
    Result<void> send(ByteView message, Time now, Time patience) override;
    /// Errors: those of Mailbox::poll(); transport where a data object is not as it should be.
    Result<Progress> poll(Time now) override;
    std::size_t largest() const override { return mailbox_.largest(); }
    std::string_view name() const override { return "doe"; }

private:
    Mailbox mailbox_;
};

}  // namespace busguard::transport
