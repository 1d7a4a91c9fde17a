#include "spdm/certificate_chain.h"

#include "crypto/certificate.h"
#include "wire/reader.h"
#include "wire/writer.h"

#include <limits>

namespace busguard::spdm {

Result<ChainStructure> read_chain_structure(ByteView structure, std::size_t hash_size) {
    wire::Reader in{structure};
    const auto length = in.take<std::uint16_t>();
    const auto reserved = in.take<std::uint16_t>();
    const auto root_hash = in.take(hash_size);
    if (in.failed() || in.left() == 0) return fail(Errc::truncated, "CertChain", in.offset());
    if (length != structure.size()) return fail(Errc::mismatch, "Length", 0);
    if (reserved != 0) return fail(Errc::bad_field, "Reserved", 2);
    return ChainStructure{root_hash, in.rest()};
}

Result<Bytes> chain_structure(BaseHash hash, ByteView certificates) {
    const auto root_size = TRY(crypto::der_length(certificates));
    const auto root_hash = crypto::digest(hash_of(hash), certificates.first(root_size));
    const auto length = 4 + root_hash.size() + certificates.size();
    if (length > std::numeric_limits<std::uint16_t>::max()) return fail(Errc::too_large, "CertChain");
    wire::Writer out{length};
    out.put(static_cast<std::uint16_t>(length));
    out.put(std::uint16_t{0});
    out.put(root_hash.view());
    out.put(certificates);
    return std::move(out).finish();
}

}  // namespace busguard::spdm
