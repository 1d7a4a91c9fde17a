#include "tlog/note_signer.h"

#include "crypto/entropy.h"
#include "tlog/key_text.h"

#include <utility>

namespace busguard::tlog {
NoteSigner::NoteSigner(crypto::PrivateKey key, VerifierKey verifier)
    : key_{std::move(key)}, verifier_{std::move(verifier)} {}

Result<NoteSigner> NoteSigner::make(std::string name, crypto::PrivateKey key) {
    auto verifier = TRY(VerifierKey::make(std::move(name), SignatureType::ed25519, key.public_key()));
    return NoteSigner{std::move(key), std::move(verifier)};
}

Result<NoteSigner> NoteSigner::from_skey(std::string_view skey) {
    if (!skey.starts_with(skey_start)) return fail(Errc::bad_field, "skey");
    auto text = TRY(KeyText::from_text(skey.substr(skey_start.size()), "skey", seed_size));
    auto key = crypto::PrivateKey::from_raw(crypto::Scheme::ed25519, text.key);
    crypto::wipe(text.key);
    if (text.type != SignatureType::ed25519) return fail(Errc::unsupported, "signature type");
    if (!key) return fail(key.error());
    auto made = TRY(make(std::move(text.name), std::move(*key)));
    if (made.verifier().id() != text.id) return fail(Errc::mismatch, "key ID");
    return made;
}

std::string NoteSigner::to_skey() const {
    auto seed = key_.raw();  // an Ed25519 key has it
    KeyText text{verifier_.name(), verifier_.id(), SignatureType::ed25519, seed ? std::move(*seed) : Bytes{}};
    const auto rest = text.to_text();
    crypto::wipe(text.key);
    return std::string{skey_start}.append(rest);
}

Result<SignatureLine> NoteSigner::sign(std::string_view text) const {
    TRY(check_note_text(text));
    auto signature = TRY(key_.sign(crypto::Scheme::ed25519, crypto::Hash::sha_512, as_bytes(text)));
    return SignatureLine{verifier_.name(), verifier_.id(), std::move(signature)};
}

}  // namespace busguard::tlog
