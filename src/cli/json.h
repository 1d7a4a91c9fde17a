#pragma once

#include "cli/options.h"

#include <nlohmann/json.hpp>

namespace busguard::cli {

/// Keys stay in the order in which they were put in.
using Json = nlohmann::ordered_json;

/// One document on standard output. Text that is no UTF-8 is replaced, never an exception.
void print(const Session& session, const Json& document);

/// "busguard.error/1"
Json to_json(const Trouble& trouble);

/// nullptr (JSON null) for an empty text.
inline Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace busguard::cli
