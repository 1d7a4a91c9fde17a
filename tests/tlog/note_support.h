#pragma once

#include "base/bytes.h"
#include "crypto/key.h"
#include "tlog/checkpoint.h"
#include "tlog/cosignature.h"
#include "tlog/note_signer.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace busguard::tlog::test {

/// Keys of a seed whose 32 bytes are all `filled`.
crypto::PrivateKey key_of(unsigned filled);
NoteSigner signer(const std::string& name, unsigned filled);
Cosigner cosigner(const std::string& name, unsigned filled);
NoteSigner golden_signer();
Cosigner golden_cosigner();
VerifierKey vkey(std::string_view text);

std::chrono::sys_seconds at(std::int64_t seconds);

/// A log of small entries as RFC 6962 section 2.1 defines it, recursively: nothing is shared with the code
/// under test but the two hashes.
class SmallTree {
public:
    /// "entry 0" to "entry SIZE-1".
    explicit SmallTree(std::size_t size);

    TreeHead head(std::size_t size) const;
    std::vector<TreeHash> inclusion(std::size_t index, std::size_t size) const;
    std::vector<TreeHash> consistency(std::size_t older, std::size_t newer) const;
    /// From here on this tree has other entries than its equals.
    void fork(std::size_t from);
    const TreeHash& leaf(std::size_t index) const { return leaves_[index]; }

private:
    std::vector<TreeHash> leaves_;
};

/// The log's note of its first `size` entries.
Note signed_head(const SmallTree& tree, std::size_t size, const NoteSigner& signer);

}  // namespace busguard::tlog::test
