#include "daemon/signature_log.h"

#include "spdm/algorithms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>

namespace busguard::daemon {
namespace {

using Content = host::NodeTree::Content;
using Item = host::NodeTree::Item;
using Kind = host::NodeTree::Kind;

enum File : std::size_t {
    signature,
    transcript,
    requester_nonce,
    responder_nonce,
    hash_algorithm,
    combined_spdm_prefix,
    type,
    certificate_chain,
    log_index,  // not the series'
};
constexpr std::array<std::string_view, 9> file_names{"_signature",
                                                     "_transcript",
                                                     "_requester_nonce",
                                                     "_responder_nonce",
                                                     "_hash_algorithm",
                                                     "_combined_spdm_prefix",
                                                     "_type",
                                                     "_certificate_chain",
                                                     "_log_index"};

// Keys: the nonce's file, then nine for each entry by its serial number.
constexpr std::string_view nonce_name = "next_requester_nonce";
constexpr SignatureLog::Key nonce_key = 0;
constexpr std::uint64_t serial_of(SignatureLog::Key key) { return (key - 1) / file_names.size(); }
constexpr std::size_t file_of(SignatureLog::Key key) { return (key - 1) % file_names.size(); }
constexpr SignatureLog::Key key_of(std::uint64_t serial, std::size_t file) {
    return 1 + (serial * file_names.size()) + file;
}

constexpr std::uint32_t number_of(std::uint64_t serial) { return static_cast<std::uint32_t>(serial); }

ByteView field(const evidence::Record& record, std::size_t file) {
    switch (file) {
        case signature: return record.signature;
        case transcript: return record.transcript;
        case requester_nonce: return record.requester_nonce;
        case responder_nonce: return record.responder_nonce;
        case combined_spdm_prefix: return record.prefix;
        default: return {};
    }
}

}  // namespace

void SignatureLog::add(std::uint64_t evidence, const evidence::Bundle& bundle, Stamp received,
                       std::uint64_t most_bytes) {
    for (std::size_t n = 0; n < bundle.records.size(); ++n) {
        const auto& record = bundle.records[n];
        // Each later than the one before, so that `ls -t` shows the newest first.
        if (!entries_.empty())
            received = std::max(received, entries_.back().received + std::chrono::nanoseconds{1});
        entries_.push_back({.place = {evidence, static_cast<std::uint32_t>(n)},
                            .received = received,
                            .transcript_size = static_cast<std::uint32_t>(record.transcript.size()),
                            .signature_size = static_cast<std::uint16_t>(record.signature.size()),
                            .prefix_size = static_cast<std::uint8_t>(record.prefix.size()),
                            .slot = record.slot,
                            .kind = record.kind,
                            .hash = spdm::hash_of(record.hash)});
        size_ += entries_.back().size();
        shrink(most_bytes);
    }
}

void SignatureLog::shrink(std::uint64_t most_bytes) {
    for (; size_ > most_bytes && entries_.size() > 1; ++first_) {
        size_ -= entries_.front().size();
        entries_.pop_front();
    }
}

const SignatureLog::Entry* SignatureLog::entry(std::uint64_t serial) const {
    if (serial < first_ || serial - first_ >= entries_.size()) return nullptr;
    return &entries_[static_cast<std::size_t>(serial - first_)];
}

std::optional<SignatureLog::Key> SignatureLog::find(std::string_view name) const {
    if (name == nonce_name) return nonce_key;
    const auto stem = name.substr(0, name.find('_'));
    const auto* const file = std::ranges::find(file_names, name.substr(stem.size()));
    if (file == file_names.end()) return std::nullopt;
    std::uint32_t number = 0;
    const auto* const end = std::to_address(stem.end());
    const auto [stop, error] = std::from_chars(std::to_address(stem.begin()), end, number);
    if (error != std::errc{} || stop != end || stem != std::to_string(number)) return std::nullopt;
    const auto serial = first_ + (number - number_of(first_));  // round the corner, if it has to be
    if (entry(serial) == nullptr) return std::nullopt;
    return key_of(serial, static_cast<std::size_t>(file - file_names.begin()));
}

std::optional<SignatureLog::Key> SignatureLog::first_from(Key least) const {
    if (least <= nonce_key) return nonce_key;
    const auto key = std::max(least, key_of(first_, 0));
    if (entry(serial_of(key)) == nullptr) return std::nullopt;
    return key;
}

std::optional<Item> SignatureLog::item(Key key) const {
    if (key == nonce_key) {
        Content content{.mode = 0200, .size = spdm::nonce_size, .changed = registered_};
        content.write_at = [nonce = nonce_](std::uint64_t offset, ByteView bytes) {
            return nonce->write(offset, bytes);
        };
        return Item{.kind = Kind::file, .name = std::string{nonce_name}, .content = std::move(content)};
    }
    const auto serial = serial_of(key);
    const auto file = file_of(key);
    const auto* its = entry(serial);
    if (its == nullptr) return std::nullopt;
    Item item{.kind = Kind::file, .name = std::to_string(number_of(serial)).append(file_names[file])};
    if (file == certificate_chain) {
        item.kind = Kind::link;
        item.target = "../certificates/slot" + std::to_string(its->slot);
        item.content.changed = its->received;
    } else {
        item.content = content(*its, serial, file);
    }
    return item;
}

Content SignatureLog::content(const Entry& entry, std::uint64_t serial, std::size_t file) const {
    Content content;
    switch (file) {
        case hash_algorithm: content = host::constant_attribute(std::string{crypto::name(entry.hash)}); break;
        case log_index: content = host::constant_attribute(std::to_string(entry.place.evidence)); break;
        case type: content = host::constant_attribute(std::string{spdm::text(entry.kind)}); break;
        default:
            content.read_at = [this, serial, file](std::uint64_t offset, std::size_t length) {
                return read(serial, file, offset, length);
            };
    }
    switch (file) {
        case signature: content.size = entry.signature_size; break;
        case transcript: content.size = entry.transcript_size; break;
        case combined_spdm_prefix: content.size = entry.prefix_size; break;
        case requester_nonce:
        case responder_nonce: content.size = spdm::nonce_size; break;
        default: break;
    }
    content.changed = entry.received;
    return content;
}

Result<Bytes> SignatureLog::read(std::uint64_t serial, std::size_t file, std::uint64_t offset,
                                 std::size_t length) const {
    const auto* its = entry(serial);
    if (its == nullptr) return fail(Errc::disconnected, "signature", 0, ENODEV);
    const auto record = records_->get(its->place);
    // Whatever the store says: a reader of this ABI knows EIO.
    if (!record) return fail(Errc::system, "signature", 0, EIO);
    return host::part_of(field(**record, file), offset, length);
}

}  // namespace busguard::daemon
