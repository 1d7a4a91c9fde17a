#pragma once

#include "tlog/tile.h"

#include <vector>

/// Entry bundles (C2SP tlog-tiles, "Log entries"): each entry behind its length, uint16 big endian.
namespace busguard::tlog {

inline constexpr std::size_t largest_entry = 65535;  ///< bytes
/// Bytes of the largest bundle, and so of anything that a TilePath names.
inline constexpr std::size_t largest_resource = tile_width * (2 + largest_entry);

/// Adds an entry to a bundle. Error: too_large "entry".
Result<void> append_entry(Bytes& bundle, ByteView entry);

/// The entries of a bundle, as views into it. Errors: truncated "entry length" or "entry", trailing_bytes
/// "entry bundle", unless they are `width` entries and nothing else.
Result<std::vector<ByteView>> entries_of(ByteView bundle, unsigned width);

}  // namespace busguard::tlog
