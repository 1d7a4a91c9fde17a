#pragma once

#include "base/pci_identity.h"
#include "spdm/authentication.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Evidence: exactly what a device said and signed, self-contained, so that anybody can judge it at any time.
namespace busguard::evidence {

/// One signed statement, with all that its signature is over and the chain of the key that made it.
struct Record {
    spdm::SigningContext kind{};
    spdm::Version version{};
    spdm::BaseHash hash{};
    spdm::BaseAsym asym{};
    spdm::SlotId slot = 0;
    Bytes chain;       ///< SPDM certificate chain structure (spdm/certificate_chain.h); empty if not known
    Bytes transcript;  ///< M1 or L1: the signed messages, without the signature
    Bytes signature;   ///< raw, as on the wire
    spdm::Nonce requester_nonce{};
    spdm::Nonce responder_nonce{};
    Bytes prefix;  ///< combined_spdm_prefix, 100 bytes since 1.2; empty before

    friend bool operator==(const Record&, const Record&) = default;
};

/// Why a dialogue ended early: base/error.h's Error, which can be stored.
struct Ending {
    Errc code{};
    std::string what;
    std::size_t offset = 0;
    std::uint32_t detail = 0;

    friend bool operator==(const Ending&, const Ending&) = default;
};
Ending ending_of(const Error& error);

/// How and when evidence was obtained; the device has no say in it.
struct Circumstances {
    std::string device;              ///< stable name, "pci/0000:01:00.0"
    std::string transport;           ///< how it was reached: Channel::name(), or "file"
    std::optional<PciIdentity> pci;  ///< as its configuration space said; nothing on other buses
    std::optional<std::chrono::sys_seconds> when;
    std::string recorded_by;  ///< program and version
};

/// All that one visit to a device brought back.
struct Bundle {
    Circumstances circumstances;
    std::optional<spdm::Agreed> agreed;  ///< as it was negotiated; nothing if it never came so far
    std::vector<spdm::Version> versions;
    std::uint8_t supported_slots = 0;
    std::uint8_t provisioned_slots = 0;
    std::map<spdm::SlotId, spdm::SlotChain> chains;  ///< of all slots that were read
    std::optional<spdm::SlotId> slot;                ///< the one that signs
    std::vector<Record> records;                     ///< in the order in which they were signed
    std::vector<spdm::MeasurementBlock> measurements;
    bool measurements_signed = false;
    std::optional<Ending> failure;  ///< the dialogue ended early
};

/// `failure` null: the dialogue came to its end.
Bundle bundle_of(const spdm::Findings& findings, Circumstances circumstances, const Error* failure);

/// A bundle around one statement that came from elsewhere (a kernel's log, a GPU's report): what was
/// negotiated and measured is taken out of the transcript, as far as it holds it. It never fails: a
/// transcript that does not parse is the appraisal's to refuse.
Bundle bundle_of(Record record, Circumstances circumstances);

}  // namespace busguard::evidence
