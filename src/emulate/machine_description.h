#pragma once

#include "crypto/hash.h"
#include "crypto/key.h"
#include "emulate/doe_registers.h"
#include "emulate/pci_address.h"
#include "emulate/pki.h"
#include "emulate/sriov.h"
#include "spdm/measurement_record.h"
#include "spdm/types.h"
#include "transport/pci_config.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// A machine on paper: what machine_file.h reads and machine.h builds.
namespace busguard::emulate {

/// Who issues certificates: a root and an authority under it.
struct AuthorityDescription {
    std::string subject;  ///< organization in the names of both
    crypto::Scheme scheme = crypto::Scheme::ecdsa_p384;
    bool trusted = true;  ///< its root is among the machine's anchors
    Validity validity = device_lifetime();
};

struct SlotDescription {
    std::uint8_t number = 0;  ///< 0 to 7
    std::string issuer;       ///< the authority whose key signs the leaf
    std::string
        presents;  ///< the authority whose certificates stand above the leaf: not the issuer in a forgery
    bool alias = false;                     ///< alias certificate model
    bool cma_name = true;                   ///< subjectAltName of the CMA profile
    std::optional<PciAddress> cma_name_of;  ///< another device's name in it
    std::string device_info;  ///< DMTF's subjectAltName, "manufacturer:product:serial"; empty: none
    Validity validity = device_lifetime();
    std::string directory;  ///< instead of issuing: key.pem and chain.pem here (pki.h: load)
};

/// How a device lies in SPDM. All off: it does not.
struct Lies {
    bool bad_signature = false;                 ///< one bit of every signature is wrong
    bool replay = false;                        ///< answers CHALLENGE with what it once said to another nonce
    std::optional<spdm::Version> highest_told;  ///< a man in the middle takes higher ones out of VERSION
    std::optional<std::uint8_t> slot_told;      ///< CHALLENGE_AUTH speaks of another slot
    std::uint32_t truncated = 0;                ///< bytes cut off each answer after ALGORITHMS
    std::uint32_t busy = 0;                     ///< ERROR Busy to so many requests after VERSION
    std::uint32_t not_ready = 0;                ///< ResponseNotReady so often before a signed answer
    std::optional<std::uint8_t> tampered;       ///< the measurement of this index is not the described one

    friend bool operator==(const Lies&, const Lies&) = default;
};

struct SpdmDescription {
    std::vector<spdm::Version> versions;
    crypto::Scheme scheme = crypto::Scheme::ecdsa_p384;
    crypto::Hash hash = crypto::Hash::sha_384;
    crypto::Hash measurement_hash = crypto::Hash::sha_384;
    std::uint8_t ct_exponent = 14;
    std::uint32_t largest_message = 0x1200;
    bool signs_measurements = true;
    std::vector<SlotDescription> slots;
    std::vector<spdm::MeasurementBlock> measurements;
};

struct DeviceDescription {
    PciAddress address;
    std::optional<PciAddress> under;
    std::string name;  ///< for people
    transport::PciIdentity identity;
    std::string driver;
    std::optional<std::string> tsm;  ///< has tsm/; connected to this one, or to none if empty
    std::optional<MailboxDescription> mailbox;
    std::optional<SpdmDescription> spdm;
    Lies lies;
    bool present = true;    ///< else its slot is empty until it is plugged in
    std::string removable;  ///< where it sits: "fixed", "removable", "unknown"; empty: nobody says
    std::optional<SriovDescription> sriov;
};

struct MachineDescription {
    std::string name;
    bool autoprobe = true;
    bool autoprobe_holds_for_hotplug = true;  ///< kernels before 6.19: it does not
    std::vector<std::string> drivers;         ///< beside those that devices name
    std::vector<std::string> tsms;
    std::map<std::string, AuthorityDescription> authorities;
    std::vector<DeviceDescription> devices;  ///< bridges before what is under them
};

}  // namespace busguard::emulate
