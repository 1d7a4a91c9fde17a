#pragma once

#include "base/problem.h"
#include "base/seams.h"
#include "crypto/certificate.h"
#include "emulate/device.h"
#include "emulate/machine_description.h"
#include "emulate/pki.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace busguard::emulate {

/// Every key and certificate of a machine.
struct MachineCredentials {
    std::map<std::string, Credential> authorities;  ///< by name: who issues for devices
    std::map<PciAddress, ProvisionedSlots> slots;
    std::vector<crypto::Certificate> anchors;  ///< roots of the authorities that are trusted
};

/// Makes what the description asks for. With a `state` directory, what is there already and was made from the
/// same description is taken (RSA keys take seconds), and the rest is kept there:
///   authorities/NAME/{root,issuer}, devices/ADDRESS/slotN: as pki.h stores them; anchors/NAME.pem
/// Empty `state`: nothing is kept. Problems: files, keys that cannot be made on this machine.
Checked<MachineCredentials> provide_credentials(const MachineDescription& machine,
                                                const std::filesystem::path& state, Entropy& entropy);

/// The slots of one more device, issued by `authorities` of `machine`; nothing is kept. Problems: an
/// authority or another device that it names is not there; keys that cannot be made.
Checked<ProvisionedSlots> provide_slots(const DeviceDescription& device, const MachineDescription& machine,
                                        const std::map<std::string, Credential>& authorities,
                                        Entropy& entropy);

}  // namespace busguard::emulate
