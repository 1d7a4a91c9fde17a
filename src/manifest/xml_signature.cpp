#include "manifest/xml_signature.h"

#include "base/hex.h"
#include "manifest/signer.h"

#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>

#include <algorithm>
#include <array>
#include <memory>

namespace busguard::manifest {
namespace {

constexpr std::string_view dsig = "http://www.w3.org/2000/09/xmldsig#";
constexpr std::size_t most_certificates = 16;

struct Freed {
    void operator()(xmlSecDSigCtx* context) const { xmlSecDSigCtxDestroy(context); }
};
using Context = std::unique_ptr<xmlSecDSigCtx, Freed>;

void say_nothing(const char* /*file*/, int /*line*/, const char* /*function*/, const char* /*object*/,
                 const char* /*subject*/, int /*reason*/, const char* /*message*/) {}

/// While it lives, libxml2 writes nothing to stderr from this thread.
class Quiet {
public:
    Quiet() {
        xmlSetStructuredErrorFunc(nullptr, [](void* /*context*/, auto* /*error*/) {});
    }
    Quiet(const Quiet&) = delete;
    Quiet& operator=(const Quiet&) = delete;
    ~Quiet() { xmlSetStructuredErrorFunc(nullptr, nullptr); }
};

/// libxmlsec1 has to be set up once a process.
bool ready() {
    static const bool set_up = [] {
        const bool done = xmlSecInit() == 0 && xmlSecCryptoAppInit(nullptr) == 0 && xmlSecCryptoInit() == 0;
        xmlSecErrorsSetCallback(say_nothing);  // xmlSecInit() sets one that writes to stderr
        return done;
    }();
    return set_up;
}

/// Base64 as XML has it, with white space.
Result<Bytes> from_base64_lines(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return from_base64(text);
}

/// KeyInfo/X509Data/X509Certificate, in the order in which they stand.
Checked<std::vector<crypto::Certificate>> certificates_in(const xmlNode& signature,
                                                          const std::string& where) {
    std::vector<crypto::Certificate> all;
    for (const auto* info : xml::children(signature, dsig, "KeyInfo"))
        for (const auto* data : xml::children(*info, dsig, "X509Data"))
            for (auto* one : xml::children(*data, dsig, "X509Certificate")) {
                if (all.size() == most_certificates)
                    return refuse(where, "X509Certificate", "occurs too often");
                const auto der = TRY(in_file(from_base64_lines(xml::text(*one)), where));
                all.push_back(TRY(in_file(crypto::Certificate::parse(der), where)));
            }
    return all;
}

/// Is what is signed the whole document but for the signature? One Reference to "", which only takes the
/// signature out and makes it canonical.
bool covers_all(const xmlNode& signature) {
    const auto infos = xml::children(signature, dsig, "SignedInfo");
    if (infos.size() != 1) return false;
    const auto references = xml::children(*infos.front(), dsig, "Reference");
    if (references.size() != 1 || xml::attribute(*references.front(), "URI") != "") return false;
    const auto lists = xml::children(*references.front(), dsig, "Transforms");
    if (lists.size() != 1) return false;
    constexpr std::array<std::string_view, 4> allowed{"http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                                                      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
                                                      "http://www.w3.org/2006/12/xml-c14n11",
                                                      "http://www.w3.org/2001/10/xml-exc-c14n#"};
    return std::ranges::all_of(xml::children(*lists.front(), dsig, "Transform"), [&](const xmlNode* one) {
        const auto algorithm = xml::attribute(*one, "Algorithm");
        return algorithm && std::ranges::find(allowed, *algorithm) != allowed.end();
    });
}

/// Only what such a signature needs; SHA-1, HMAC, XPath and XSLT are not among it.
bool restrict_to_these(xmlSecDSigCtx& context) {
    context.enabledReferenceUris = xmlSecTransformUriTypeEmpty;
    const std::array canonical{xmlSecTransformInclC14NId, xmlSecTransformInclC14N11Id,
                               xmlSecTransformExclC14NId};
    const std::array reference{xmlSecTransformEnvelopedId, xmlSecTransformSha256Id, xmlSecTransformSha384Id,
                               xmlSecTransformSha512Id};
    const std::array signature{xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
                               xmlSecTransformEcdsaSha512Id, xmlSecTransformRsaSha256Id,
                               xmlSecTransformRsaSha384Id,   xmlSecTransformRsaSha512Id};
    const auto reference_allows = [&](auto one) {
        return xmlSecDSigCtxEnableReferenceTransform(&context, one) >= 0;
    };
    const auto signature_allows = [&](auto one) {
        return xmlSecDSigCtxEnableSignatureTransform(&context, one) >= 0;
    };
    return std::ranges::all_of(canonical, reference_allows) &&
           std::ranges::all_of(reference, reference_allows) &&
           std::ranges::all_of(canonical, signature_allows) &&
           std::ranges::all_of(signature, signature_allows);
}

bool verifies(xmlNode& signature, const crypto::Certificate& leaf) {
    const Quiet quiet;
    const Context context{xmlSecDSigCtxCreate(nullptr)};
    if (!context || !restrict_to_these(*context)) return false;
    const auto der = leaf.der();
    // With a key in its place, KeyInfo is not looked at.
    context->signKey = xmlSecCryptoAppKeyLoadMemory(
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libxmlsec1's bytes are unsigned char
        reinterpret_cast<const xmlSecByte*>(der.data()), static_cast<xmlSecSize>(der.size()),
        xmlSecKeyDataFormatCertDer, nullptr, nullptr, nullptr);
    return context->signKey != nullptr && xmlSecDSigCtxVerify(context.get(), &signature) >= 0 &&
           context->status == xmlSecDSigStatusSucceeded &&
           xmlSecPtrListGetSize(&context->signedInfoReferences) == 1;
}

}  // namespace

Checked<std::optional<std::string>> check_signature(xmlDoc& document, const Signers& signers,
                                                    const std::string& where) {
    const auto* const root = xmlDocGetRootElement(&document);
    const auto signatures = xml::children(*root, dsig, "Signature");
    if (signatures.empty()) return std::optional<std::string>{};
    if (signatures.size() > 1) return refuse(where, "Signature", "there is more than one");
    auto& signature = *signatures.front();
    if (!covers_all(signature))
        return refuse(where, "Signature",
                      "does not cover the whole document, or does something else with it");
    const auto chain = TRY(certificates_in(signature, where));
    auto signer = TRY(signer_of(chain, signers, where));
    if (!ready()) return refuse(where, "Signature", "cannot be verified: libxmlsec1 does not start");
    if (!verifies(signature, chain.front()))
        return refuse(where, "Signature", "does not verify by the key of " + chain.front().subject());
    return std::optional<std::string>{std::move(signer.standing)};
}

}  // namespace busguard::manifest
