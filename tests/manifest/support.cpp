#include "tests/manifest/support.h"

#include "base/hex.h"
#include "tests/crypto/support.h"

#include <fstream>
#include <map>

namespace busguard::manifest::test {
namespace {

const std::filesystem::path folder = std::filesystem::path{BUSGUARD_SOURCE_DIR} / "tests" / "manifest";

std::map<std::string, std::string> all_vectors() {
    std::map<std::string, std::string> all;
    std::ifstream in{folder / "vectors.txt"};
    for (std::string name, hex; in >> name >> hex;) all[name] = hex;
    return all;
}

}  // namespace

Bytes vector(const std::string& name) {
    static const auto all = all_vectors();
    const auto found = all.find(name);
    if (found == all.end()) {
        ADD_FAILURE() << "no vector " << name;
        return {};
    }
    return *from_hex(found->second);
}

std::string file(const std::string& name) {
    return std::string{as_text(crypto::test::read_file(folder / name))};
}

Checked<Manifest> read(const std::string& name, const Signers& signers) {
    return references_from(vector(name), name, signers);
}

std::string refusal(const Checked<Manifest>& manifest) { return manifest ? "read" : manifest.error().text(); }

std::vector<std::string> remarks(const Checked<Manifest>& manifest) {
    return manifest ? manifest->remarks : std::vector{refusal(manifest)};
}

Signers trusting(const std::string& certificate, std::optional<std::chrono::sys_seconds> at) {
    Signers signers{.at = at};
    EXPECT_TRUE(signers.anchors.add(vector(certificate), certificate, "the file " + certificate));
    return signers;
}

appraisal::Reference only(const Checked<Manifest>& manifest) {
    if (!manifest || manifest->references.size() != 1) {
        ADD_FAILURE() << "not one reference: " << refusal(manifest);
        return {};
    }
    return manifest->references.front();
}

Bytes digest(crypto::Hash hash, std::string_view text) {
    return to_bytes(crypto::digest(hash, as_bytes(text)).view());
}
Bytes sha384(std::string_view text) { return digest(crypto::Hash::sha_384, text); }

appraisal::ReferenceValue value(std::uint8_t index, std::vector<Bytes> any_of) {
    return {.index = index, .any_of = std::move(any_of)};
}

appraisal::ReferenceValue raw_value(std::uint8_t index, std::optional<spdm::MeasurementType> type,
                                    Bytes bytes) {
    return {.index = index, .type = type, .raw = true, .any_of = {std::move(bytes)}};
}

std::vector<appraisal::ReferenceValue> four() {
    return {value(1, {sha384("one")}), value(2, {sha384("two")}),
            raw_value(5, std::nullopt, *from_hex("01020304")),
            raw_value(16, spdm::MeasurementType::security_version, *from_hex("0701000000000000"))};
}

}  // namespace busguard::manifest::test
