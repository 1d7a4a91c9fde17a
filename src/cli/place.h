#pragma once

#include "cli/options.h"
#include "crypto/certificate.h"
#include "emulate/machine.h"
#include "examine/visit.h"
#include "host/file_tree.h"
#include "host/pci.h"

#include <memory>
#include <optional>

namespace busguard::cli {

/// Where the devices are, as the command line says.
struct PlaceOptions {
    std::string sysfs = "/sys";
    std::string machine;  ///< description of an emulated machine; empty: none
    std::string state;    ///< where its keys are kept; empty: nowhere
};
void add_place_options(Command command, PlaceOptions& options);

/// Where the devices are: this machine's /sys, another directory of its shape, or an emulated machine in
/// process.
class Place {
public:
    static Tried<Place> open(Session& session, const PlaceOptions& options);

    host::FileTree& tree() const { return *tree_; }
    bool emulated_in_process() const { return machine_ != nullptr; }
    /// The real /sys: other processes may speak to the same devices.
    bool is_this_machine() const { return this_machine_; }
    /// Roots that an emulated machine says are to be trusted; else none.
    std::vector<crypto::Certificate> anchors() const;

private:
    Place() = default;

    std::unique_ptr<host::FileTree> owned_;
    std::unique_ptr<emulate::Machine> machine_;
    host::FileTree* tree_ = nullptr;
    bool this_machine_ = false;
};

/// What visits stand on, without a place: for a device that is reached otherwise.
examine::Surroundings surroundings(const Session& session);
examine::Surroundings surroundings(const Session& session, const Place& place);

/// "pci/0000:01:00.0" out of that, "0000:01:00.0" or "01:00.0"; nothing for another form.
std::optional<std::string> device_name(std::string_view text);

/// "1b36:0010 NVMe controller"
std::string describe(const PciIdentity& identity);
/// "NVMe controller"; empty for a class that has no name here.
std::string_view class_name(std::uint32_t class_code);

}  // namespace busguard::cli
