#include "daemon/log_key.h"

#include "crypto/entropy.h"
#include "host/files.h"
#include "journal/signing_key.h"

#include <systemd/sd-id128.h>

#include <array>
#include <filesystem>
#include <utility>

namespace busguard::daemon {
namespace {

constexpr std::size_t largest_key_file = 4096;

Problem wrong(const std::string& path, std::string message, std::string remedy = {}) {
    return {.where = path, .message = std::move(message), .remedy = std::move(remedy)};
}

/// "busguard.local/…": the machine's own, which tells nobody its machine-id(5).
Checked<std::string> usual_origin() {
    // SD_ID128_MAKE is a compound literal, which is C.
    constexpr sd_id128_t busguard{.bytes = {0x5c, 0x0f, 0x3e, 0x8a, 0x91, 0xd7, 0x4b, 0x26,  //
                                            0xa4, 0x6d, 0x17, 0xe2, 0xf0, 0x88, 0x3b, 0xc9}};
    sd_id128_t id{};
    // A machine without an id (a first boot, an initramfs) names its log by chance: the key keeps the name.
    if (sd_id128_get_machine_app_specific(busguard, &id) < 0 && sd_id128_randomize(&id) < 0)
        return fail(wrong("/etc/machine-id", "this machine has nothing to name its log by",
                          "set origin under [log] in busguardd.toml"));
    std::array<char, SD_ID128_STRING_MAX> text{};
    return std::string{"busguard.local/"} + sd_id128_to_string(id, text.data());
}

/// A key's one line of text, for its owner alone. It is wiped.
Checked<void> write_key(const std::string& path, std::string skey) {
    skey += '\n';
    auto written = host::write_file(path, as_bytes(skey), 0600);
    crypto::wipe(std::as_writable_bytes(std::span{skey}));
    return written;
}

Checked<tlog::NoteSigner> make_key(const std::string& path, const std::string& origin) {
    const auto name = origin.empty() ? TRY(usual_origin()) : origin;
    auto key = crypto::PrivateKey::generate(crypto::Scheme::ed25519);
    if (!key) return fail(wrong(path, "a key cannot be made: " + in_words(key.error())));
    auto signer = tlog::NoteSigner::make(name, *std::move(key));
    if (!signer) return fail(wrong(path, "\"" + name + "\" is no origin: " + in_words(signer.error())));
    TRY(journal::write_signing_key(path, *signer));
    return *std::move(signer);
}

Checked<tlog::Cosigner> read_second_key(const std::string& path, const std::string& origin) {
    auto bytes = TRY(host::read_file(path, largest_key_file));
    const auto text = as_text(bytes);
    auto cosigner = tlog::Cosigner::from_skey(text.substr(0, text.find('\n')));
    crypto::wipe(bytes);
    if (!cosigner)
        return fail(wrong(path, "is no key of a log's second line: " + in_words(cosigner.error()),
                          "restore it from a backup, or remove it: a new one is made"));
    const auto& its = cosigner->verifier();
    if (its.name() != origin || its.type() != tlog::SignatureType::ml_dsa_44_cosignature)
        return fail(wrong(path, "is no ML-DSA-44 key of \"" + origin + "\"", "remove it: a new one is made"));
    return *std::move(cosigner);
}

}  // namespace

Checked<tlog::NoteSigner> log_key(const Configuration& configuration) {
    const auto its = configuration.log_places();
    const journal::KeyPlace place{its.key, its.provider};
    std::error_code ignored;
    if (journal::is_uri(its.key) || std::filesystem::exists(its.key, ignored))
        return journal::read_signing_key(place, its.origin);
    for (const auto& path : {its.database, its.folder + "/checkpoint", its.folder + "/log.vkey"})
        if (std::filesystem::exists(path, ignored))
            return fail(wrong(its.key, "is missing, and " + path + " is there, which needs it",
                              "restore it from a backup; or move that away, and begin a new log"));
    TRY(host::make_directory(std::filesystem::path{its.key}.parent_path().string()));
    return make_key(its.key, its.origin);
}

Checked<std::optional<tlog::Cosigner>> second_log_key(const Configuration& configuration,
                                                      const std::string& origin) {
    constexpr auto scheme = crypto::Scheme::ml_dsa_44;
    const auto its = configuration.log_places();
    if (!its.ml_dsa) return std::optional<tlog::Cosigner>{};
    const auto path = configuration.second_key();
    if (!crypto::supported(scheme))
        return fail(wrong(path, "cannot be used: this machine's OpenSSL has no ML-DSA-44",
                          "OpenSSL 3.5 or later has it; or take ml_dsa out of [log] in busguardd.toml"));
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return std::optional{TRY(read_second_key(path, origin))};
    auto key = crypto::PrivateKey::generate(scheme);
    if (!key) return fail(wrong(path, "a key cannot be made: " + in_words(key.error())));
    auto cosigner = tlog::Cosigner::make(origin, *std::move(key));
    if (!cosigner) return fail(wrong(path, "\"" + origin + "\" is no origin: " + in_words(cosigner.error())));
    TRY(write_key(path, cosigner->to_skey()));
    return std::optional{*std::move(cosigner)};
}

}  // namespace busguard::daemon
