#include "tlog/entry_bundle.h"

#include "wire/reader.h"

namespace busguard::tlog {

Result<void> append_entry(Bytes& bundle, ByteView entry) {
    if (entry.size() > largest_entry) return fail(Errc::too_large, "entry");
    bundle.push_back(static_cast<std::byte>(entry.size() >> 8U));
    bundle.push_back(static_cast<std::byte>(entry.size() & 0xffU));
    append(bundle, entry);
    return {};
}

Result<std::vector<ByteView>> entries_of(ByteView bundle, unsigned width) {
    std::vector<ByteView> entries;
    wire::Reader in{bundle};
    while (entries.size() < width) {
        const auto length = in.take(2);
        if (in.failed()) return fail(Errc::truncated, "entry length", in.offset());
        const auto entry =
            in.take(std::to_integer<std::size_t>(length[0]) << 8U | std::to_integer<std::size_t>(length[1]));
        if (in.failed()) return fail(Errc::truncated, "entry", in.offset());
        entries.push_back(entry);
    }
    if (in.left() != 0) return fail(Errc::trailing_bytes, "entry bundle", in.offset());
    return entries;
}

}  // namespace busguard::tlog
