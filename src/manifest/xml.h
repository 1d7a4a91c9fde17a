#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <libxml/tree.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// XML that strangers wrote, by libxml2. For this folder.
namespace busguard::manifest::xml {

struct Freed {
    void operator()(xmlDoc* document) const { xmlFreeDoc(document); }
};
using Document = std::unique_ptr<xmlDoc, Freed>;

/// One document in UTF-8 with a root element, without a document type: so without entities, external parts
/// and default attributes. Nothing is fetched. Depth and lengths are libxml2's own bounds. Errors: bad_field
/// "XML" with the line as offset, unsupported "DOCTYPE".
Result<Document> parse(ByteView bytes);

std::string_view view(const xmlChar* text);
/// An element of this name and namespace?
bool is(const xmlNode& node, std::string_view space, std::string_view name);
/// The child elements with this name and namespace, in order.
std::vector<xmlNode*> children(const xmlNode& parent, std::string_view space, std::string_view name);
/// An attribute without a namespace.
std::optional<std::string> attribute(const xmlNode& node, const char* name);
/// All text in an element.
std::string text(xmlNode& node);

}  // namespace busguard::manifest::xml
