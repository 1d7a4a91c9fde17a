#pragma once

#include "base/bytes.h"
#include "base/seams.h"
#include "emulate/endpoint.h"
#include "transport/doe.h"

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace busguard::emulate {

/// How a mailbox misbehaves below SPDM.
enum class MailboxFault : std::uint8_t {
    none,
    busy,    ///< Busy for ever; an abort does not help
    silent,  ///< takes everything, is never ready
    error,   ///< DOE Error after every GO
    babble,  ///< answers Discovery, then random data objects: wrong type, wrong length, endless, plain noise
};

struct MailboxDescription {
    std::uint16_t offset = 0x160;  ///< of the extended capability, a multiple of 4
    std::uint8_t version = 2;      ///< of the capability: 1 or 2
    /// What Discovery tells, itself first.
    std::vector<transport::DoeProtocol> features{transport::doe_discovery, transport::doe_spdm,
                                                 transport::doe_secured_spdm};
    Time latency{};  ///< from GO to Data Object Ready, for everything but Discovery
    std::uint32_t stray_status_bits =
        0;  ///< undefined bits of DOE Status that read as one (real drives do that)
    MailboxFault fault = MailboxFault::none;
    std::uint64_t seed = 1;  ///< of the babble

    friend bool operator==(const MailboxDescription&, const MailboxDescription&) = default;
};

/// The device's side of a DOE mailbox (PCIe 6.x, 6.30 and 7.9.24) as six registers. Discovery is answered
/// here, SPDM (0001:01) by the endpoint, when GO is written; the answer shows after the latency. An object of
/// any other type is discarded without an answer.
class DoeRegisters {
public:
    static constexpr std::uint16_t capability_id = 0x002e;
    static constexpr std::uint16_t block_size = 0x18;

    /// `endpoint` may be null: SPDM is then never answered.
    DoeRegisters(MailboxDescription description, Clock& clock, Endpoint* endpoint);

    /// A register (`offset` from the capability's header: 0x04 capabilities, 0x08 control, 0x0c status,
    /// 0x14 read mailbox; others read 0).
    std::uint32_t read(std::uint16_t offset);
    void write(std::uint16_t offset, std::uint32_t value);

    const MailboxDescription& description() const { return description_; }

private:
    bool is_ready() const;
    bool is_working() const;
    std::uint32_t status() const;

    void go();
    void abort();
    void accept(std::uint32_t dword);
    void acknowledge();

    void babble();
    void send(transport::DoeProtocol kind, ByteView payload, Time latency);

    MailboxDescription description_;
    Clock* clock_;
    Endpoint* endpoint_;
    std::vector<std::uint32_t> incoming_;
    std::vector<std::uint32_t> outgoing_;  // what is still to be read
    std::size_t next_ = 0;                 // in outgoing_
    Time ready_at_{};
    bool error_ = false;
    bool endless_ = false;  // a babbler that never runs out
    std::minstd_rand noise_;
};

}  // namespace busguard::emulate
