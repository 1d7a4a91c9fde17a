#include "tlog/cosignature.h"

#include "crypto/entropy.h"
#include "tlog/big_endian.h"
#include "tlog/checkpoint.h"
#include "tlog/key_text.h"
#include "tlog/note_signer.h"
#include "tlog/text.h"

#include <cstdint>
#include <optional>
#include <utility>

namespace busguard::tlog {
namespace {

constexpr auto no_hash = crypto::Hash::sha_512;  // both schemes hash on their own
constexpr std::size_t time_size = sizeof(std::uint64_t);

constexpr bool is_cosignature_size(std::size_t size) {
    return size == time_size + crypto::signature_size(crypto::Scheme::ed25519) ||
           size == time_size + crypto::signature_size(crypto::Scheme::ml_dsa_44);
}

void append_name(Bytes& to, std::string_view name) {
    to.push_back(static_cast<std::byte>(name.size()));
    append(to, as_bytes(name));
}

/// What `cosigner` signs of the checkpoint that `text` is.
Result<Bytes> cosigned_message(const VerifierKey& cosigner, std::string_view text,
                               std::chrono::sys_seconds time) {
    constexpr std::string_view label{"subtree/v1\n\0", 12};
    const auto checkpoint = TRY(checkpoint_from_text(text));
    const auto seconds = time.time_since_epoch().count();
    if (cosigner.type() == SignatureType::ed25519_cosignature) {
        std::string message = "cosignature/v1\ntime ";
        message.append(std::to_string(seconds)).append("\n").append(text);
        return to_bytes(as_bytes(message));
    }
    if (checkpoint.origin.size() > longest_ml_dsa_name) return fail(Errc::bad_field, "origin");
    auto message = to_bytes(as_bytes(label));
    append_name(message, cosigner.name());
    append_big(message, static_cast<std::uint64_t>(seconds));
    append_name(message, checkpoint.origin);
    append_big(message, std::uint64_t{0});
    append_big(message, checkpoint.head.size);
    append(message, checkpoint.head.root);
    return message;
}

std::optional<SignatureType> type_for(const crypto::PrivateKey& key) {
    for (const auto type : all_signature_types)
        if (may_be_a_witness(type) && key.fits(scheme_of(type))) return type;
    return std::nullopt;
}

}  // namespace

Result<std::chrono::sys_seconds> cosignature_time(ByteView signature) {
    if (!is_cosignature_size(signature.size())) return fail(Errc::bad_field, "cosignature");
    const auto seconds = load_big<std::uint64_t>(signature);
    if (seconds > largest_number) return fail(Errc::bad_field, "cosignature time");
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

Result<void> verify_cosignature(const VerifierKey& key, std::string_view text, ByteView signature) {
    const auto time = TRY(cosignature_time(signature));
    const auto message = TRY(cosigned_message(key, text, time));
    return key.key().verify(scheme_of(key.type()), no_hash, message, signature.subspan(time_size));
}

Cosigner::Cosigner(crypto::PrivateKey key, VerifierKey verifier)
    : key_{std::move(key)}, verifier_{std::move(verifier)} {}

Result<Cosigner> Cosigner::make(std::string name, crypto::PrivateKey key) {
    const auto type = type_for(key);
    if (!type) return fail(Errc::mismatch, "key");
    auto seed = key.raw();  // what its text is made of; OpenSSL may have been told not to keep it
    if (!seed) return fail(seed.error());
    crypto::wipe(*seed);
    auto verifier = TRY(VerifierKey::make(std::move(name), *type, key.public_key()));
    return Cosigner{std::move(key), std::move(verifier)};
}

Result<Cosigner> Cosigner::from_skey(std::string_view skey) {
    const auto signer = NoteSigner::from_skey(skey);
    if (signer) return make(signer->verifier().name(), signer->key());
    if (signer.error() != Error{Errc::unsupported, "signature type"}) return fail(signer.error());
    auto text = TRY(KeyText::from_text(skey.substr(skey_start.size()), "skey", seed_size));
    const auto scheme = scheme_of(text.type);
    const bool usable = text.type == SignatureType::ml_dsa_44_cosignature && crypto::supported(scheme);
    auto key = crypto::PrivateKey::from_raw(scheme, text.key);
    crypto::wipe(text.key);
    if (!usable) return fail(Errc::unsupported, "signature type");
    if (!key) return fail(key.error());
    auto made = TRY(make(std::move(text.name), *std::move(key)));
    if (made.verifier().id() != text.id) return fail(Errc::mismatch, "key ID");
    return made;
}

std::string Cosigner::to_skey() const {
    if (verifier_.type() == SignatureType::ed25519_cosignature)
        return NoteSigner::make(verifier_.name(), key_)->to_skey();  // both names were checked
    auto seed = key_.raw();  // a generated key has it, and one from a text
    KeyText text{verifier_.name(), verifier_.id(), verifier_.type(), seed ? std::move(*seed) : Bytes{}};
    const auto rest = text.to_text();
    crypto::wipe(text.key);
    return std::string{skey_start}.append(rest);
}

Result<SignatureLine> Cosigner::cosign(std::string_view text, std::chrono::sys_seconds time) const {
    const auto message = TRY(cosigned_message(verifier_, text, time));
    const auto seconds = time.time_since_epoch().count();
    if (seconds <= 0) return fail(Errc::bad_field, "cosignature time");
    const auto signature = TRY(key_.sign(scheme_of(verifier_.type()), no_hash, message));
    SignatureLine line{verifier_.name(), verifier_.id(), {}};
    append_big(line.signature, static_cast<std::uint64_t>(seconds));
    append(line.signature, signature);
    return line;
}

}  // namespace busguard::tlog
