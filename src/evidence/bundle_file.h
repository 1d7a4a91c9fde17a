#pragma once

#include "base/problem.h"
#include "evidence/bundle.h"

#include <string>
#include <string_view>

namespace busguard::evidence {

inline constexpr std::string_view bundle_schema = "busguard.evidence/1";
inline constexpr std::size_t largest_bundle = std::size_t{16} << 20U;  ///< bytes of a file

/// The bundle as JSON (busguard-evidence(5)), indented, with a line feed at the end.
/// Binary fields are base64.
std::string to_json(const Bundle& bundle);

/// The reverse. Strict: every member that the schema has and no other, each once, and of its type and range;
/// nothing after the object. The Problem has `where` as given and in `field` the JSON pointer (RFC 6901) of
/// what is wrong, e.g. "/records/0/signature".
Checked<Bundle> bundle_from_json(std::string_view text, const std::string& where);

}  // namespace busguard::evidence
