#include "evidence/nvidia.h"

#include "base/hex.h"
#include "evidence/json.h"
#include "spdm/certificate_chain.h"
#include "spdm/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace busguard::evidence::nvidia {
namespace {

using namespace spdm;

constexpr std::size_t largest_report = 0x40000;
constexpr std::size_t largest_collection = std::size_t{16} << 20U;
constexpr std::size_t most_elements = 4096;
constexpr std::size_t largest_pem = 0x40000;

constexpr auto version = Version::v1_1;
constexpr auto hash = BaseHash::sha_384;
constexpr auto asym = BaseAsym::ecdsa_p384;

Failure<Problem> wrong(const std::string& where, std::string field, std::string message) {
    return fail(Problem{.where = where, .field = std::move(field), .message = std::move(message)});
}

Failure<Problem> wrong(const std::string& where, const Error& error) {
    return wrong(where, std::string{error.what},
                 fmt::format("{} at byte {}", name(error.code), error.offset));
}

/// request ‖ response, which have to fill the bytes.
Checked<Record> record_of(ByteView report, const std::string& where) {
    const auto request = decode_first<msg::GetMeasurements>(report, {.version = version});
    if (!request) return wrong(where, request.error());
    if (!request->value().wants_signature())
        return wrong(where, "Param1", "the request asks for no signature");
    const Shape shape{.version = version, .hash = size(hash), .signature = signature_size(asym)};
    const auto after = report.subspan(request->bytes().size());
    const auto answer = decode_first<msg::Measurements>(after, shape);
    if (!answer) {
        auto error = answer.error();
        error.offset += request->bytes().size();
        return wrong(where, error);
    }
    if (answer->bytes().size() != after.size()) return wrong(where, "message", "bytes after the signature");
    Record record{.kind = SigningContext::responder_measurements,
                  .version = version,
                  .hash = hash,
                  .asym = asym,
                  .slot = request->value().slot,
                  .transcript = to_bytes(request->bytes()),
                  .signature = answer->value().signature,
                  .requester_nonce = request->value().nonce,
                  .responder_nonce = answer->value().nonce};
    append(record.transcript, answer->unsigned_bytes());
    return record;
}

/// The SPDM structure around a bundle in PEM, leaf first.
Checked<Bytes> structure_of(std::string_view pem, const std::string& where) {
    if (pem.size() > largest_pem) return wrong(where, {}, "is too large for a chain");
    const auto leaf_first = crypto::parse_pem_bundle(pem);
    if (!leaf_first) return wrong(where, leaf_first.error());
    Bytes root_first;
    for (const auto& one : std::ranges::reverse_view{*leaf_first}) append(root_first, one.der());
    auto structure = chain_structure(hash, root_first);
    if (!structure) return wrong(where, structure.error());
    return *std::move(structure);
}

Checked<Element> element_of(const json::Node& node, json::Fault& fault, const std::string& where) {
    Element element{.arch = node["arch"].text(64)};
    const auto nonce = from_hex(node["nonce"].text(2 * nonce_size));
    const auto evidence = node["evidence"].base64(largest_report);
    const auto pem = node["certificate"].base64(largest_pem);
    if (fault.problem()) return fail(*fault.problem());
    const auto at = where + node.pointer();
    element.record = TRY(record_of(evidence, at));
    element.record.chain = TRY(structure_of(as_text(pem), at));
    if (!nonce || !same(*nonce, element.record.requester_nonce))  // nvtrust#38
        return fail(Problem{.where = where,
                            .field = node.pointer() + "/nonce",
                            .message = "is not the nonce of the request in /evidence"});
    return element;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
    return text;
}

}  // namespace

bool is_report(std::string_view text) {
    return trimmed(text).substr(0, 4) == "11e0" || trimmed(text).substr(0, 4) == "11E0";
}

bool is_collection(std::string_view text) { return trimmed(text).starts_with('['); }

Checked<Record> read_report(std::string_view hex, const std::string& where, std::string_view pem,
                            const std::string& chain_where) {
    if (hex.size() > 2 * largest_report) return wrong(where, {}, "is too large for a report");
    const auto report = from_hex(hex);
    if (!report) return wrong(where, report.error());
    auto record = TRY(record_of(*report, where));
    record.chain = TRY(structure_of(pem, chain_where));
    return record;
}

Checked<std::vector<Element>> read_collection(std::string_view json, const std::string& where) {
    const auto document = TRY(evidence::json::parse(json, where, largest_collection));
    evidence::json::Fault fault{where};
    std::vector<Element> elements;
    for (const auto& node : evidence::json::Node{document, {}, fault}.elements(most_elements))
        elements.push_back(TRY(element_of(node, fault, where)));
    if (fault.problem()) return fail(*fault.problem());
    if (elements.empty()) return wrong(where, {}, "holds no report");
    return elements;
}

}  // namespace busguard::evidence::nvidia
