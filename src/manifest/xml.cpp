#include "manifest/xml.h"

#include <libxml/parser.h>

#include <algorithm>

namespace busguard::manifest::xml {
namespace {

struct FreedText {
    void operator()(xmlChar* text) const { xmlFree(text); }
};
using Text = std::unique_ptr<xmlChar, FreedText>;

struct FreedParser {
    void operator()(xmlParserCtxt* parser) const { xmlFreeParserCtxt(parser); }
};

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

Result<Document> parse(ByteView bytes) {
    const auto content = as_text(bytes);
    // Before libxml2 sees it: what a document type declares is worked on while it is read.
    if (has(content, "<!DOCTYPE") || has(content, "<!ENTITY")) return fail(Errc::unsupported, "DOCTYPE");
    if (has(content, std::string_view{"\0", 1})) return fail(Errc::bad_field, "XML");
    const std::unique_ptr<xmlParserCtxt, FreedParser> parser{xmlNewParserCtxt()};
    if (!parser) throw std::bad_alloc{};
    constexpr int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    Document document{xmlCtxtReadMemory(parser.get(), content.data(), static_cast<int>(content.size()),
                                        nullptr, "UTF-8", options)};
    if (!document || parser->wellFormed == 0) {
        const auto* const why = xmlCtxtGetLastError(parser.get());
        return fail(Errc::bad_field, "XML",
                    why == nullptr ? 0U : static_cast<std::size_t>(std::max(why->line, 0)));
    }
    if (document->intSubset != nullptr || document->extSubset != nullptr)
        return fail(Errc::unsupported, "DOCTYPE");
    if (xmlDocGetRootElement(document.get()) == nullptr) return fail(Errc::bad_field, "XML");
    return document;
}

std::string_view view(const xmlChar* text) {
    if (text == nullptr) return {};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libxml2's characters are unsigned
    return reinterpret_cast<const char*>(text);
}

bool is(const xmlNode& node, std::string_view space, std::string_view name) {
    return node.type == XML_ELEMENT_NODE && node.ns != nullptr && view(node.ns->href) == space &&
           view(node.name) == name;
}

std::vector<xmlNode*> children(const xmlNode& parent, std::string_view space, std::string_view name) {
    std::vector<xmlNode*> all;
    for (auto* child = parent.children; child != nullptr; child = child->next)
        if (is(*child, space, name)) all.push_back(child);
    return all;
}

std::optional<std::string> attribute(const xmlNode& node, const char* name) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as above
    const Text value{xmlGetNoNsProp(&node, reinterpret_cast<const xmlChar*>(name))};
    if (!value) return std::nullopt;
    return std::string{view(value.get())};
}

std::string text(xmlNode& node) {
    const Text content{xmlNodeGetContent(&node)};
    return std::string{view(content.get())};
}

}  // namespace busguard::manifest::xml
