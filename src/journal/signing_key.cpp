#include "journal/signing_key.h"

#include "crypto/entropy.h"
#include "host/files.h"

#include <algorithm>
#include <utility>

namespace busguard::journal {
namespace {

constexpr std::size_t largest_key_file = 4096;  // bytes
constexpr std::uint32_t only_its_owner = 0600;  // permissions

Failure<Problem> wrong(const KeyPlace& place, std::string message, std::string remedy) {
    return fail(Problem{.where = shown(place), .message = std::move(message), .remedy = std::move(remedy)});
}

Checked<tlog::NoteSigner> from_uri(const KeyPlace& place, const std::string& origin) {
    auto key = crypto::PrivateKey::from_store(place.at, place.provider);
    if (!key && key.error().what == "provider")
        return wrong(
            place, "OpenSSL's provider \"" + place.provider + "\" cannot be loaded: " + in_words(key.error()),
            "its module is a file in the folder that \"openssl version -m\" names");
    if (!key)
        return wrong(
            place, "no key is there: " + in_words(key.error()),
            "see that \"openssl pkey -provider default -provider NAME -in URI -pubout\" finds one, as "
            "this user and without asking");
    if (!key->fits(crypto::Scheme::ed25519))
        return wrong(place, "is of " + key->public_key().describe(), "a log signs with Ed25519");
    auto signer = tlog::NoteSigner::make(origin, *std::move(key));
    if (!signer)
        return wrong(place, "cannot be the key of \"" + origin + "\": " + in_words(signer.error()),
                     "an origin is such as \"example.com/busguard/host-1\"");
    return *std::move(signer);
}

Checked<tlog::NoteSigner> from_file(const KeyPlace& place, const std::string& origin) {
    auto bytes = TRY(host::read_file(place.at, largest_key_file));
    const auto text = as_text(bytes);
    auto signer = tlog::NoteSigner::from_skey(text.substr(0, text.find('\n')));
    crypto::wipe(bytes);
    if (!signer)
        return wrong(place, "is no key of a log: " + in_words(signer.error()), "restore it from a backup");
    const auto& name = signer->verifier().name();
    if (!origin.empty() && name != origin)
        return wrong(place, "is the key of \"" + name + "\", and the log's origin is \"" + origin + "\"",
                     "a log keeps its origin; for a new one, name new files under [log] in busguardd.toml");
    return *std::move(signer);
}

}  // namespace

bool is_uri(std::string_view place) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto scheme = place.substr(0, place.find(':'));
    return scheme.size() < place.size() && !scheme.empty() && letter(scheme.front()) &&
           std::ranges::all_of(
               scheme,
               [&](char c) {
                   return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
               });
}

std::string shown(const KeyPlace& place) {
    if (!is_uri(place.at)) return place.at;
    const auto end = std::min(
        {place.at.find('?'), place.at.find(":pin-"), place.at.find(";pin-"), place.at.find("&pin-")});
    return place.at.substr(0, end);
}

Checked<tlog::NoteSigner> read_signing_key(const KeyPlace& place, const std::string& origin) {
    return is_uri(place.at) ? from_uri(place, origin) : from_file(place, origin);
}

Checked<void> check_that_it_signs(const tlog::VerifierKey& key, std::span<const tlog::VerifierKey> beside,
                                  const std::string& where) {
    const tlog::VerifierKey* last = nullptr;
    for (const auto& one : beside)
        if (one.type() == tlog::SignatureType::ed25519) last = &one;
    if (last == nullptr || *last == key) return {};
    return fail(
        Problem{.where = where,
                .message = "this log is signed by " + last->to_text() + ", and not by " + key.to_text(),
                .remedy = "a log changes its key by \"busguard log rotate\"; after one that was "
                          "interrupted, run it again"});
}

Checked<void> write_signing_key(const std::string& path, const tlog::NoteSigner& signer) {
    auto skey = signer.to_skey();
    std::string line;
    line.reserve(skey.size() + 1);  // once: what a string moves out of, nobody wipes
    line.append(skey).push_back('\n');
    auto written = host::write_file(path, as_bytes(line), only_its_owner);
    for (auto* secret : {&skey, &line}) crypto::wipe(std::as_writable_bytes(std::span{*secret}));
    return written;
}

}  // namespace busguard::journal
