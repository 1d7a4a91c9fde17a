#pragma once

#include "evidence/bundle.h"
#include "evidence/json.h"

#include <functional>

/// The bundle as a JSON value inside another document; bundle_file.h is it as a file of its own.
namespace busguard::evidence {

/// What stands in place of a certificate chain's or a transcript's base64; null: the base64.
using LargeForm = std::function<json::Value(ByteView bytes)>;

/// What to_json() prints. `chain` and `transcript` say how those members of slots and records are written.
json::Value bundle_value(const Bundle& bundle, const LargeForm& chain = {}, const LargeForm& transcript = {});

/// The reverse, as strict as bundle_from_json. It means something only if nothing was blamed.
Bundle bundle_in(const json::Node& root);

}  // namespace busguard::evidence
