#include "fuzz/target.h"
#include "tlog/proving.h"
#include "wire/reader.h"

// Proofs as strangers send them: two sizes or an index and a size (u64, little endian), then hashes. First as
// they are, of any size; then as changes to the true proof in a small tree, which only no change may survive.
namespace {

using namespace busguard;
using tlog::TreeHash;

constexpr std::uint64_t largest = 40;

TreeHash leaf(std::uint64_t index) { return tlog::leaf_hash(as_bytes(std::to_string(index))); }

class Leaves final : public tlog::HashReader {
public:
    Result<TreeHash> read(tlog::Node node) override {
        tlog::Frontier frontier;
        const auto first = node.index << node.level;
        for (std::uint64_t n = 0; n < std::uint64_t{1} << node.level; ++n) frontier.append(leaf(first + n));
        return frontier.root();
    }
};

// Bytes of the input over those of the proof; what is beyond a whole hash is left out.
std::vector<TreeHash> changed(std::vector<TreeHash> proof, ByteView bytes) {
    if (!bytes.empty()) proof.resize((proof.size() + std::to_integer<std::size_t>(bytes[0])) % 66);
    for (std::size_t at = 1; at < bytes.size() && !proof.empty(); ++at)
        proof[(at - 1) / 32 % proof.size()][(at - 1) % 32] ^= bytes[at];
    return proof;
}

}  // namespace

void busguard::fuzz::try_input(ByteView input) {
    wire::Reader in{input};
    const auto a = in.take<std::uint64_t>();
    const auto b = in.take<std::uint64_t>();
    if (in.failed()) return;
    std::vector<TreeHash> proof(std::min<std::size_t>(in.left() / sizeof(TreeHash), 80));
    auto rest = in.rest();
    for (auto& hash : proof) {
        std::ranges::copy(rest.first(sizeof hash), hash.begin());
        rest = rest.subspan(sizeof hash);
    }
    (void)tlog::verify_inclusion({}, a, b, proof, {});
    (void)tlog::verify_consistency({a, {}}, {b, {}}, proof);

    Leaves leaves;
    const auto size = b % largest + 1;
    const auto index = a % size;
    const auto root = *tlog::root_at(size, leaves);
    const auto path = *tlog::prove_inclusion(index, size, leaves);
    const auto other_path = changed(path, in.rest());
    expect(static_cast<bool>(tlog::verify_inclusion(leaf(index), index, size, other_path, root)) ==
               (other_path == path),
           "an inclusion proof is the true one");
    const tlog::TreeHead older{index + 1, *tlog::root_at(index + 1, leaves)};
    const auto growth = *tlog::prove_consistency(older.size, size, leaves);
    const auto other_growth = changed(growth, in.rest());
    expect(static_cast<bool>(tlog::verify_consistency(older, {size, root}, other_growth)) ==
               (other_growth == growth),
           "a consistency proof is the true one");
}
