#pragma once

#include "manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace busguard::manifest::test {

/// A vector by its name in vectors.txt (vectors.py makes them).
Bytes vector(const std::string& name);
/// A file beside these tests.
std::string file(const std::string& name);

/// What a vector is read as.
Checked<Manifest> read(const std::string& name, const Signers& signers = {});
/// The problem's text; "read" if there is none.
std::string refusal(const Checked<Manifest>& manifest);

/// Its remarks; what is wrong, if it was refused.
std::vector<std::string> remarks(const Checked<Manifest>& manifest);

/// Anchors with the certificate of a vector, and a time.
Signers trusting(const std::string& certificate, std::optional<std::chrono::sys_seconds> at = std::nullopt);

/// The one reference in it; fails the test if there is not exactly one.
appraisal::Reference only(const Checked<Manifest>& manifest);

/// The digest of a text, by which vectors.py makes them.
Bytes digest(crypto::Hash hash, std::string_view text);
Bytes sha384(std::string_view text);
/// A value of no particular type, as most manifests give it.
appraisal::ReferenceValue value(std::uint8_t index, std::vector<Bytes> any_of);
appraisal::ReferenceValue raw_value(std::uint8_t index, std::optional<spdm::MeasurementType> type,
                                    Bytes bytes);

/// What the vector "corim" and its like come to: four measurements of ACME's DISK.
std::vector<appraisal::ReferenceValue> four();

}  // namespace busguard::manifest::test
