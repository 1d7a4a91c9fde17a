#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

/// CBOR (RFC 8949) that strangers wrote: whole, bounded, and looked at by key. libcbor reads the heads of
/// data items; the tree is ours, because libcbor's own takes the memory that a length field asks for.
namespace busguard::manifest::cbor {

enum class Kind : std::uint8_t { number, negative, bytes, text, array, map, tag, null, other };

/// A data item. Its views look into the bytes that were parsed, which have to outlive it.
struct Item {
    Kind kind{};
    std::uint64_t number = 0;  ///< a number; n of -1 - n; a tag's
    ByteView bytes;            ///< of a byte string or a text
    std::vector<Item> items;   ///< of an array; keys and values of a map by turns; what a tag is on
    std::size_t offset = 0;    ///< where it begins
    ByteView encoded;          ///< all of it

    bool is(Kind wanted) const { return kind == wanted; }
    bool is_tag(std::uint64_t wanted) const { return kind == Kind::tag && number == wanted; }
    const Item& tagged() const { return items.front(); }  ///< precondition: a tag
    /// The integer, if it fits.
    std::optional<std::int64_t> integer() const;

    /// A map's value for an integer key; null without, and for what is no map.
    const Item* find(std::int64_t key) const;

    // The same, with bad_field, `what` and the offset for what is not of the kind.
    Result<const Item*> need(std::int64_t key, std::string_view what) const;
    Result<std::uint64_t> as_number(std::string_view what) const;
    Result<ByteView> as_bytes(std::string_view what) const;
    Result<std::string_view> as_text(std::string_view what) const;
    /// With at least one element.
    Result<std::span<const Item>> as_array(std::string_view what) const;
    /// This itself.
    Result<const Item*> as_map(std::string_view what) const;

    Failure<Error> wrong(std::string_view what) const { return fail(Errc::bad_field, what, offset); }
};

/// One data item, and nothing behind it. `start` is added to offsets: where these bytes begin in a file.
/// Errors: truncated, trailing_bytes, bad_field (not well-formed, a key twice), too_large (deeper than 24
/// levels, more than 65536 items, more than 256 keys in a map), unsupported (strings in pieces). `what` is
/// "CBOR".
Result<Item> parse(ByteView bytes, std::size_t start = 0);

/// The data item inside a byte string.
Result<Item> parse_inside(const Item& item, std::string_view what);

/// Writes a byte string, for what is to be signed.
void append_bytes(Bytes& to, ByteView content);

}  // namespace busguard::manifest::cbor
