#include "tests/thinned.h"
#include "tests/tlog/tree_support.h"

namespace busguard::tlog {
namespace {

constexpr std::uint64_t largest = 64;  // every tree up to here, every proof in it

std::vector<TreeHash> roots() {
    std::vector<TreeHash> all;
    for (std::uint64_t size = 0; size <= largest; ++size) all.push_back(test::naive(size));
    return all;
}

// Each bit of the hash, flipped for as long as `holds` looks: none of them may.
template <class Holds>
bool survives_a_flip(TreeHash& hash, const Holds& holds) {
    for (auto& byte : hash) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            byte ^= static_cast<std::byte>(1U << bit);
            const bool held = holds();
            byte ^= static_cast<std::byte>(1U << bit);
            if (held) return true;
        }
    }
    return false;
}

using Proof = std::vector<TreeHash>;

// With one hash left out, or one too many, anywhere.
template <class Holds>
bool survives_another_length(const Proof& proof, const Holds& holds) {
    for (std::size_t at = 0; at < proof.size(); ++at) {
        auto shorter = proof;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(at));
        if (holds(shorter)) return true;
    }
    for (std::size_t at = 0; at <= proof.size(); ++at) {
        for (const auto& more : {TreeHash{}, proof.empty() ? TreeHash{} : proof[at % proof.size()]}) {
            auto longer = proof;
            longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(at), more);
            if (holds(longer)) return true;
        }
    }
    return false;
}

TEST(Inclusion, OfEveryEntryInEveryTreeHoldsAndNothingElseDoes) {
    auto root = roots();
    auto leaf = test::leaves(largest + 1);
    for (std::uint64_t size = 1; size <= largest; size += busguard::test::thinned) {
        test::NaiveReader reader{size};
        for (std::uint64_t index = 0; index < size; ++index) {
            SCOPED_TRACE(testing::Message() << index << " in " << size);
            auto proof = *prove_inclusion(index, size, reader);
            const auto holds = [&](const Proof& what) {
                return static_cast<bool>(verify_inclusion(leaf[index], index, size, what, root[size]));
            };
            const auto still = [&] { return holds(proof); };
            ASSERT_TRUE(still());
            for (auto& hash : proof) ASSERT_FALSE(survives_a_flip(hash, still));
            ASSERT_FALSE(survives_a_flip(root[size], still));
            ASSERT_FALSE(survives_a_flip(leaf[index], still));
            ASSERT_FALSE(survives_another_length(proof, holds));
            for (std::uint64_t other = 0; other <= size + 1; ++other)
                ASSERT_EQ(static_cast<bool>(verify_inclusion(leaf[index], other, size, proof, root[size])),
                          other == index);
            ASSERT_FALSE(verify_inclusion(leaf[index + 1], index, size, proof, root[size]));
            ASSERT_FALSE(verify_inclusion(leaf[index], index, size, proof, root[size - 1]));
        }
    }
}

TEST(Inclusion, SaysWhatIsWrong) {
    const auto leaf = test::leaves(8);
    test::NaiveReader reader{7};
    auto proof = *prove_inclusion(2, 7, reader);
    const auto error = [&](std::uint64_t index, std::uint64_t size, const Proof& what) {
        return verify_inclusion(leaf[2], index, size, what, test::naive(7)).error();
    };
    EXPECT_EQ(error(7, 7, proof), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(error(0, 0, proof), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(error(3, 7, proof), (Error{Errc::crypto, "inclusion proof"}));
    EXPECT_EQ(error(2, 7, {proof[0], proof[1]}), (Error{Errc::truncated, "inclusion proof"}));
    proof.emplace_back();
    EXPECT_EQ(error(2, 7, proof), (Error{Errc::trailing_bytes, "inclusion proof"}));
    EXPECT_EQ(prove_inclusion(7, 7, reader).error(), (Error{Errc::bad_field, "index"}));
    EXPECT_EQ(prove_inclusion(0, 0, reader).error(), (Error{Errc::bad_field, "index"}));
}

TEST(Consistency, OfEveryPairOfTreesHoldsAndNothingElseDoes) {
    auto root = roots();
    auto newer_root = roots();
    for (std::uint64_t newer = 0; newer <= largest; newer += busguard::test::thinned) {
        test::NaiveReader reader{newer};
        for (std::uint64_t older = 0; older <= newer; ++older) {
            SCOPED_TRACE(testing::Message() << older << " to " << newer);
            auto proof = *prove_consistency(older, newer, reader);
            const auto holds = [&](const Proof& what) {
                return static_cast<bool>(
                    verify_consistency({older, root[older]}, {newer, newer_root[newer]}, what));
            };
            const auto still = [&] { return holds(proof); };
            ASSERT_TRUE(still());
            for (auto& hash : proof) ASSERT_FALSE(survives_a_flip(hash, still));
            ASSERT_FALSE(survives_a_flip(root[older], still));
            // The empty tree is in every one: whose root the newer one has, a proof for it cannot say.
            if (older != 0) {
                ASSERT_FALSE(survives_a_flip(newer_root[newer], still));
            }
            ASSERT_FALSE(survives_another_length(proof, holds));
            for (const auto other : {older - 1, older + 1}) {
                if (older == 0 || other == 0 || other > largest) continue;
                ASSERT_FALSE(verify_consistency({other, root[older]}, {newer, newer_root[newer]}, proof));
                ASSERT_FALSE(verify_consistency({other, root[other]}, {newer, newer_root[newer]}, proof));
            }
            if (older != newer && older != 0) {
                ASSERT_FALSE(verify_consistency({older, newer_root[newer]}, {newer, root[older]}, proof));
                ASSERT_FALSE(verify_consistency({newer, newer_root[newer]}, {older, root[older]}, proof));
            }
        }
    }
}

TEST(Consistency, SaysWhatIsWrong) {
    test::NaiveReader reader{7};
    const TreeHead three{3, test::naive(3)};
    const TreeHead seven{7, test::naive(7)};
    const TreeHead none{0, test::naive(0)};
    auto proof = *prove_consistency(3, 7, reader);
    EXPECT_EQ(verify_consistency(seven, three, proof).error(), (Error{Errc::bad_field, "size"}));
    EXPECT_EQ(verify_consistency(three, seven, {}).error(), (Error{Errc::truncated, "consistency proof"}));
    EXPECT_EQ(verify_consistency(three, {3, seven.root}, {}).error(), (Error{Errc::crypto, "root"}));
    EXPECT_EQ(verify_consistency({0, three.root}, seven, {}).error(), (Error{Errc::crypto, "root"}));
    EXPECT_EQ(verify_consistency(none, {0, three.root}, {}).error(), (Error{Errc::crypto, "root"}));
    for (const auto& older : {none, seven})
        EXPECT_EQ(verify_consistency(older, seven, proof).error(),
                  (Error{Errc::trailing_bytes, "consistency proof"}));
    proof.emplace_back();
    EXPECT_EQ(verify_consistency(three, seven, proof).error(),
              (Error{Errc::trailing_bytes, "consistency proof"}));
    proof.pop_back();
    proof.front() = {};
    EXPECT_EQ(verify_consistency(three, seven, proof).error(), (Error{Errc::crypto, "consistency proof"}));
    EXPECT_EQ(prove_consistency(8, 7, reader).error(), (Error{Errc::bad_field, "size"}));
}

// Any size, any number of hashes: it ends, and does not take them.
TEST(Verification, EndsAtTheLargestSizes) {
    const auto most = ~std::uint64_t{0};
    for (std::size_t count = 0; count <= 66; ++count) {
        const Proof proof(count, TreeHash{std::byte{1}});
        for (const auto index : {std::uint64_t{0}, most / 2, most - 2, most - 1, most})
            for (const auto size : {std::uint64_t{1}, (most / 2) + 1, most - 1, most}) {
                EXPECT_FALSE(verify_inclusion({}, index, size, proof, {std::byte{2}}));
                if (index != size) {
                    EXPECT_FALSE(verify_consistency({index, {}}, {size, {}}, proof));
                }
            }
    }
}

// A reader's error is the prover's.
TEST(Proving, SaysWhatTheReaderSays) {
    struct Broken final : HashReader {
        Result<TreeHash> read(Node) override { return fail(Errc::not_found, "tile"); }
    } broken;
    EXPECT_EQ(prove_inclusion(1, 3, broken).error(), (Error{Errc::not_found, "tile"}));
    EXPECT_EQ(prove_consistency(1, 3, broken).error(), (Error{Errc::not_found, "tile"}));
    EXPECT_EQ(root_at(3, broken).error(), (Error{Errc::not_found, "tile"}));
}

}  // namespace
}  // namespace busguard::tlog
