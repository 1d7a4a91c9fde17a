#include "examine/anchor_sources.h"

#include "base/hex.h"
#include "crypto/hash.h"
#include "host/files.h"
#include "trust/efi_signatures.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace busguard::examine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view efi = "efi:";
constexpr std::string_view tpm = "tpm:";
constexpr std::string_view vendor = "vendor:";

/// A source, and whose devices it is for.
struct Restricted {
    std::string source;
    trust::Vendors vendors;
    bool wrong = false;  ///< it says "vendor:", and not whose or what
};
Restricted restricted_from(std::string_view text) {
    Restricted found;
    if (!text.starts_with(vendor)) return {.source = std::string{text}, .vendors = {}};
    text.remove_prefix(vendor.size());
    const auto colon = std::min(text.find(':'), text.size());
    for (auto rest = text.substr(0, colon); !found.wrong;) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto digits = rest.substr(0, comma);
        std::uint16_t id = 0;
        const auto* const end = std::to_address(digits.end());
        const auto [stopped, why] = std::from_chars(std::to_address(digits.begin()), end, id, 16);
        found.wrong = digits.size() != 4 || why != std::errc{} || stopped != end;
        found.vendors.insert(id);
        if (comma == rest.size()) break;
        rest.remove_prefix(comma + 1);
    }
    found.source = text.substr(std::min(colon + 1, text.size()));
    found.wrong = found.wrong || found.source.empty() || found.source.starts_with(vendor);
    return found;
}

std::string for_whom(const trust::Vendors& vendors) {
    std::string text;
    for (const auto one : vendors) {
        std::array<std::byte, 2> id{static_cast<std::byte>(one >> 8U), static_cast<std::byte>(one & 0xffU)};
        text += (text.empty() ? ", for devices of " : ", ") + to_hex(id);
    }
    return text;
}

Checked<void> add_variable(trust::Anchors& anchors, const Restricted& its, const fs::path& efivars) {
    const auto& source = its.source;
    const auto variable = source.substr(efi.size());
    const auto name = trust::efi_variable_file(variable);
    if (name.empty())
        return fail(Problem{.where = source,
                            .message = "is no variable that says whom to trust",
                            .remedy = "efi:db or efi:MokListRT"});
    const auto file = efivars / name;
    const auto found = trust::efi_certificates(TRY(host::read_file(file)));
    if (!found)
        return fail(Problem{
            .where = file, .field = std::string{found.error().what}, .message = in_words(found.error())});
    for (const auto& [certificate, owner] : *found)
        anchors.add(certificate,
                    std::string{"EFI variable "}.append(variable).append(", put there by ").append(owner) +
                        for_whom(its.vendors),
                    its.vendors);
    return {};
}

/// "tpm:0x1800200:/etc/busguard/roots.pem"
struct Sealed {
    std::uint32_t index = 0;
    std::string file;
};
std::optional<Sealed> sealed_from(std::string_view source) {
    source.remove_prefix(tpm.size());
    const auto colon = source.find(':');
    if (!source.starts_with("0x") || colon == std::string_view::npos) return std::nullopt;
    const auto digits = source.substr(2, colon - 2);
    Sealed sealed{.index = 0, .file = std::string{source.substr(colon + 1)}};
    const auto* const end = std::to_address(digits.end());
    const auto [stopped, why] = std::from_chars(std::to_address(digits.begin()), end, sealed.index, 16);
    if (why != std::errc{} || stopped != end || !sealed.file.starts_with('/')) return std::nullopt;
    return sealed;
}

std::optional<crypto::Hash> hash_of_size(std::size_t size) {
    for (const auto hash : {crypto::Hash::sha_256, crypto::Hash::sha_384, crypto::Hash::sha_512})
        if (crypto::size(hash) == size) return hash;
    return std::nullopt;
}

std::string remedy_for(const Error& error) {
    if (error.what == host::no_tpm_library) return "install libtss2-esys-3.0.2-0 and libtss2-tctildr0";
    if (error.code == Errc::disconnected) return "see whether there is a /dev/tpmrm0 that may be opened";
    return "tpm2_nvreadpublic shows what there is";
}

Checked<void> add_sealed(trust::Anchors& anchors, const Restricted& its, const std::string& tcti) {
    const auto& source = its.source;
    const auto wrong = [&](std::string message, std::string remedy) {
        return fail(Problem{.where = source, .message = std::move(message), .remedy = std::move(remedy)});
    };
    const auto sealed = sealed_from(source);
    if (!sealed)
        return wrong("is no index of a TPM and file", "such as tpm:0x1800200:/etc/busguard/roots.pem");
    const auto held = host::read_tpm_nv(sealed->index, tcti);
    if (!held) return wrong(in_words(held.error()), remedy_for(held.error()));
    if (held->password_writes)
        return wrong("the index can be written by whoever knows its password, which may be none",
                     "define it with ownerwrite or policywrite, or lock it (tpm2_nvwritelock)");
    const auto hash = hash_of_size(held->data.size());
    if (!hash) return wrong("the index holds no digest", "32, 48 or 64 bytes: SHA-256, SHA-384, SHA-512");
    const auto bytes = TRY(host::read_file(sealed->file));
    if (!same(crypto::digest(*hash, bytes), held->data))
        return wrong("the file is not the one whose digest the TPM holds",
                     "see who changed it; after a change of your own, write the new digest to the index");
    const auto index = source.substr(tpm.size(), source.find(':', tpm.size()) - tpm.size());
    TRY(anchors.add(bytes, sealed->file,
                    std::string{"file "}
                            .append(sealed->file)
                            .append(", whose ")
                            .append(crypto::name(*hash))
                            .append(" is in TPM index ")
                            .append(index) +
                        for_whom(its.vendors),
                    its.vendors));
    return {};
}

/// By its name: certificates, or what their authorities say of revocations.
Checked<void> add_file(trust::Anchors& anchors, const Restricted& its, const fs::path& file) {
    const auto bytes = TRY(host::read_file(file));
    if (file.extension() == ".crl") return anchors.add_revocations(bytes, file);
    if (file.extension() == ".ors") return anchors.add_answer(bytes, file);  // RFC 6960 appendix C.2
    TRY(anchors.add(bytes, file, "file " + file.string() + for_whom(its.vendors), its.vendors));
    return {};
}

}  // namespace

std::string path_of(std::string_view source) {
    auto its = restricted_from(source).source;
    return its.starts_with(efi) || its.starts_with(tpm) ? std::string{} : its;
}

bool may_be_missing(std::string_view source) { return restricted_from(source).source.starts_with(efi); }

Checked<std::vector<fs::path>> files_at(const fs::path& path,
                                        std::initializer_list<std::string_view> endings) {
    std::error_code why;
    if (!fs::is_directory(path, why)) return std::vector<fs::path>{path};
    std::vector<fs::path> found;
    for (fs::directory_iterator entry{path, why}, end; !why && entry != end; entry.increment(why)) {
        const auto ending = entry->path().extension().string();
        if (entry->is_regular_file(why) && std::ranges::find(endings, ending) != endings.end())
            found.push_back(entry->path());
    }
    if (why)
        return fail(Problem{.where = path, .line = 0, .field = {}, .message = why.message(), .remedy = {}});
    std::ranges::sort(found);
    return found;
}

Checked<void> add_anchors(trust::Anchors& anchors, const std::string& source, const Firmware& firmware) {
    const auto its = restricted_from(source);
    if (its.wrong)
        return fail(Problem{.where = source,
                            .message = "is no list of vendors and source",
                            .remedy = "such as vendor:1ea5,144d:/etc/busguard/anchors/acme.pem"});
    if (its.source.starts_with(efi)) return add_variable(anchors, its, firmware.efivars);
    if (its.source.starts_with(tpm)) return add_sealed(anchors, its, firmware.tcti);
    const auto files = TRY(files_at(its.source, {".pem", ".crt", ".cer", ".der", ".crl", ".ors"}));
    for (const auto& file : files) TRY(add_file(anchors, its, file));
    if (!files.empty()) return {};
    return fail(Problem{.where = source,
                        .line = 0,
                        .field = {},
                        .message = "no certificate in this directory",
                        .remedy = "put root certificates there as .pem, .crt, .cer or .der"});
}

}  // namespace busguard::examine
