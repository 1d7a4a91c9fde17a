#pragma once

#include "base/bytes.h"
#include "spdm/types.h"

#include <string>
#include <string_view>

namespace busguard::spdm {

/// What the value of a field stands for, in a few words; empty where there is nothing to say beyond the
/// bytes. `field` is the layout's name for it, in a message of that code and version.
std::string meaning(Code code, Version version, std::string_view field, ByteView bytes);

/// "CERT | CHAL | MEAS_SIG": DSP0274's names without _CAP.
std::string names(Flags<Cap> flags);
std::string names(Flags<BaseAsym> set);
std::string names(Flags<BaseHash> set);
std::string names(Flags<MeasurementHash> set);
/// AlgSupported of the table with that AlgType.
std::string names_in_table(std::uint8_t type, std::uint16_t supported);

}  // namespace busguard::spdm
