#pragma once

#include "daemon/next_nonce.h"
#include "daemon/record_cache.h"
#include "host/node_tree.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace busguard::daemon {

/// A device's `signatures/`: every signature that it gave, with all that is needed to verify it, and
/// `next_requester_nonce`. What is in the files is read from the evidence that is kept when somebody reads
/// them; here stands only where it is.
class SignatureLog final : public host::NodeTree::Folder {
public:
    using Stamp = host::NodeTree::Stamp;

    /// `records` and `nonce` outlive the log. `registered` is when the device came. N counts from `first` on,
    /// and after 2^32 - 1 from 0 again.
    SignatureLog(RecordCache& records, NextNonce& nonce, Stamp registered, std::uint64_t first = 0)
        : records_{&records}, nonce_{&nonce}, registered_{registered}, first_{first} {}

    /// One entry for each record of the bundle; then purges the oldest.
    void add(std::uint64_t evidence, const evidence::Bundle& bundle, Stamp received,
             std::uint64_t most_bytes);
    /// Purges the oldest until the rest has `most_bytes` at most; the newest stays in any case.
    void shrink(std::uint64_t most_bytes);

    // Folder
    std::optional<Key> find(std::string_view name) const override;
    std::optional<Key> first_from(Key least) const override;
    std::optional<host::NodeTree::Item> item(Key key) const override;

private:
    struct Entry {
        RecordPlace place;
        Stamp received;
        std::uint32_t transcript_size = 0;
        std::uint16_t signature_size = 0;
        std::uint8_t prefix_size = 0;
        spdm::SlotId slot = 0;
        spdm::SigningContext kind{};
        crypto::Hash hash{};

        /// As the series counts: transcript, signature, and what is held to know of them.
        std::uint64_t size() const { return sizeof(Entry) + transcript_size + signature_size; }
    };

    const Entry* entry(std::uint64_t serial) const;
    host::NodeTree::Content content(const Entry& entry, std::uint64_t serial, std::size_t file) const;
    Result<Bytes> read(std::uint64_t serial, std::size_t file, std::uint64_t offset,
                       std::size_t length) const;

    RecordCache* records_;
    NextNonce* nonce_;
    Stamp registered_;
    std::deque<Entry> entries_;  // of consecutive serial numbers
    std::uint64_t first_ = 0;    // the serial number of the first; N is its lower 32 bits
    std::uint64_t size_ = 0;     // of all entries
};

}  // namespace busguard::daemon
