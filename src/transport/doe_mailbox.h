#pragma once

#include "transport/channel.h"
#include "transport/doe.h"
#include "transport/pci_config.h"

namespace busguard::transport {

/// A DOE mailbox seen from the host (PCIe 6.30.2): one data object in, one out, over the six registers of its
/// capability. Never blocks, and never does more than a burst of register accesses in one call, so that
/// hundreds run side by side on one thread.
///
/// A mailbox that is busy, holds an old answer or reports an error is aborted first and then used. Whatever
/// ends an exchange early aborts it too. A mailbox that does not come back from an abort is dead for good.
/// The space must outlive it. One Mailbox at a time per capability.
class Mailbox {
public:
    using Waiting = Channel::Waiting;
    using Progress = std::variant<Waiting, DataObject>;

    /// PCIe 6.30.2: how long a mailbox may be busy, take for an answer, or for an abort.
    static constexpr Time time_limit = std::chrono::seconds{1};
    static constexpr Time longest_patience = std::chrono::hours{1};
    static constexpr std::size_t default_largest = 65536;

    /// Takes and gives payloads of at most `largest` bytes.
    explicit Mailbox(ConfigSpace& space, DoeCapability where, std::size_t largest = default_largest);

    /// Takes an object to be carried by poll(), which is due at once. The answer may take `patience`, but at
    /// least time_limit and at most longest_patience, from the moment when the mailbox has the whole object.
    /// Errors: too_large; unexpected while one is under way; transport "DOE Abort" if the mailbox is dead.
    Result<void> begin(DoeProtocol protocol, ByteView payload, Time now, Time patience);

    /// Errors, all of which end the exchange: timeout "Data Object Ready"; transport "DOE Error", "Data
    /// Object Ready" (dropped amid the answer), "DOE Abort" (dead); mismatch "Vendor ID" or "Data Object
    /// Type" (an answer to something else); bad_field or too_large "Length"; disconnected "DOE Status" (the
    /// device is gone); unexpected; and the space's own.
    Result<Progress> poll(Time now);

    std::size_t largest() const { return largest_; }

private:
    enum class Stage : std::uint8_t { idle, settling, aborting, sending, answering, receiving, dead };

    Result<Progress> carry(Time now);
    Result<bool> settled(Time now);
    Result<bool> sent();
    Result<bool> answer_ready(Time now);
    Result<bool> received();
    Result<void> take_header(std::uint32_t dword);
    Result<std::uint32_t> status();
    void enter(Stage stage, Time now, Time limit);
    Waiting later(Time now) const;

    ConfigSpace* space_;
    std::size_t at_;       // the capability's offset
    std::size_t largest_;  // bytes of payload
    Stage stage_ = Stage::idle;
    Time since_{};     // when this stage began
    Time deadline_{};  // when it must be over
    Time patience_{};
    DoeProtocol protocol_;
    Bytes object_;           // the whole object to send; from GO on, the answer's payload
    std::size_t moved_ = 0;  // bytes that went through a mailbox register in this direction
    std::size_t size_ = 0;   // bytes of the answer, header included
};

}  // namespace busguard::transport
