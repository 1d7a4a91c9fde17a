#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "spdm/types.h"

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <optional>
#include <utility>

namespace busguard::daemon {

/// The nonce that somebody who does not trust us to choose a fresh one writes to `next_requester_nonce`, in
/// one piece or in several.
class NextNonce {
public:
    /// As a file of fixed size takes a write: what goes over its end is cut off. Error: too_large behind it.
    Result<std::size_t> write(std::uint64_t offset, ByteView bytes) {
        if (offset >= nonce_.size()) return fail(Errc::too_large, "Nonce", 0, EFBIG);
        const auto at = static_cast<std::size_t>(offset);
        const auto taken = bytes.first(std::min(bytes.size(), nonce_.size() - at));
        for (std::size_t n = 0; n < taken.size(); ++n) {
            nonce_.at(at + n) = taken[n];
            written_.set(at + n);
        }
        return taken.size();
    }

    /// Once: then it is forgotten. Nothing if it was not written whole: half a nonce is not fresh.
    std::optional<spdm::Nonce> take() {
        const bool whole = std::exchange(written_, {}).all();
        const auto nonce = std::exchange(nonce_, {});
        return whole ? std::optional{nonce} : std::nullopt;
    }

private:
    spdm::Nonce nonce_{};
    std::bitset<spdm::nonce_size> written_;
};

}  // namespace busguard::daemon
