#include "tlog/note_key.h"

#include "crypto/hash.h"
#include "tlog/big_endian.h"
#include "tlog/key_text.h"
#include "tlog/text.h"

#include <array>
#include <utility>

namespace busguard::tlog {

std::uint32_t key_id(std::string_view name, SignatureType type, ByteView public_key) {
    const std::array between{std::byte{'\n'}, static_cast<std::byte>(type)};
    const auto digest = crypto::digest(crypto::Hash::sha_256, {as_bytes(name), between, public_key});
    return load_big<std::uint32_t>(digest.view());
}

VerifierKey::VerifierKey(std::string name, SignatureType type, crypto::PublicKey key, ByteView raw)
    : name_{std::move(name)}, type_{type}, key_{std::move(key)}, id_{key_id(name_, type_, raw)} {}

Result<VerifierKey> VerifierKey::make(std::string name, SignatureType type, crypto::PublicKey key) {
    const auto longest =
        type == SignatureType::ml_dsa_44_cosignature ? longest_ml_dsa_name : longest_key_name;
    if (name.size() > longest || !is_key_name(name)) return fail(Errc::bad_field, "key name");
    if (!key.fits(scheme_of(type))) return fail(Errc::mismatch, "key");
    const auto raw = TRY(key.raw());
    return VerifierKey{std::move(name), type, std::move(key), raw};
}

Result<VerifierKey> VerifierKey::from_text(std::string_view vkey) {
    auto text = TRY(KeyText::from_text(vkey, "vkey", public_key_size));
    if (!crypto::supported(scheme_of(text.type))) return fail(Errc::unsupported, "signature type");
    auto key = TRY(crypto::PublicKey::from_raw(scheme_of(text.type), text.key));
    auto made = TRY(make(std::move(text.name), text.type, std::move(key)));
    if (made.id() != text.id) return fail(Errc::mismatch, "key ID");
    return made;
}

std::string VerifierKey::to_text() const {
    const auto raw = key_.raw();  // both schemes have it
    return KeyText{name_, id_, type_, raw ? *raw : Bytes{}}.to_text();
}

}  // namespace busguard::tlog
