#pragma once

#include "cli/verdict_view.h"

namespace busguard::cli {

/// All that is known of one device, for people: who, what was negotiated, certificates, measurements, every
/// check.
std::string report_text(const Judged& judged, bool colour);

/// The same as "busguard.report/1": the verdict's members, and with them `capabilities`, `slots`,
/// `vendor_fields`.
Json report_json(const Judged& judged);

/// INDEX, TYPE, VALUE of each measurement, and how it compares if it was compared.
std::string measurements_text(const Judged& judged, bool colour);
Json measurements_json(const Judged& judged);

/// What an NVIDIA report tells about itself in its opaque data; empty for other evidence.
Json vendor_fields_json(const Judged& judged);
std::string vendor_fields_text(const Judged& judged, bool colour);

}  // namespace busguard::cli
