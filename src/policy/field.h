#pragma once

#include "policy/subject.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::policy {

/// What a rule can ask of a device, in the order in which files list it.
enum class Field : std::uint8_t {
    bus,
    class_code,
    vendor,
    identity,
    path,
    location,
    virtual_function,
    bound_before,
    owner,
    state,
    reason,
    slot,
    certificate,
    root,
    measurement,
};

inline constexpr std::array all_fields{
    Field::bus,         Field::class_code, Field::vendor,           Field::identity,
    Field::path,        Field::location,   Field::virtual_function, Field::bound_before,
    Field::owner,       Field::state,      Field::reason,           Field::slot,
    Field::certificate, Field::root,       Field::measurement,
};

/// How a file writes a value.
enum class Notation : std::uint8_t { text, number, flag };

/// The key in a file, "class".
std::string_view name(Field field);
Notation notation(Field field);
/// Nobody knows it before the device has spoken.
bool is_told_by_evidence(Field field);
/// A device may have several values at once.
bool is_plural(Field field);

/// What its values look like, for people: `four hex digits, such as "1ea5"`.
std::string_view form(Field field);
/// How the value is usually written, which is how it is compared; nothing if it is no value of this field.
std::optional<std::string> usual(Field field, std::string_view written);

/// What the device has of it, none if nobody knows; `index` of a measurement, else 0.
std::vector<std::string> values_of(const Subject& subject, Field field, std::uint8_t index);
/// Does what the device has fit what a rule wants? `wanted` is as usual() gives it.
bool fits(Field field, std::string_view wanted, std::string_view has);

/// "native", "tsm" (any) or "tsm:tsm0": who a rule may want to speak to a device.
bool is_wanted_owner(std::string_view word);

}  // namespace busguard::policy
