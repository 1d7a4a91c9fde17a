#include "fuzz/target.h"
#include "logbook/entry.h"
#include "tlog/entry_bundle.h"

#include <algorithm>
#include <map>

namespace {

using namespace busguard;

/// Every name has a blob: what follows the entry's line, or if nothing does, the name itself.
logbook::BlobSource any(ByteView content) {
    return [content](const tlog::TreeHash& name) -> Result<Bytes> {
        if (name[0] == std::byte{0xff}) return fail(Errc::not_found, "blob");
        return to_bytes(content.empty() ? ByteView{name} : content);
    };
}

logbook::BlobSource of(const logbook::Encoded& encoded) {
    std::map<tlog::TreeHash, Bytes> blobs;
    for (std::size_t n = 0; n < encoded.blobs.size(); ++n) blobs[encoded.names[n]] = encoded.blobs[n];
    return [blobs](const tlog::TreeHash& name) -> Result<Bytes> {
        const auto found = blobs.find(name);
        if (found == blobs.end()) return fail(Errc::not_found, "blob");
        return found->second;
    };
}

}  // namespace

// An entry of somebody's log. What is taken is written as the same.
void busguard::fuzz::try_input(ByteView input) {
    const auto line = std::ranges::find(input, std::byte{'\n'});
    const auto size = static_cast<std::size_t>(line - input.begin());
    const auto content = line == input.end() ? ByteView{} : input.subspan(size + 1);
    const auto entry = logbook::decode(as_text(input.first(size)), any(content), "entry");
    if (!entry) {
        expect(!entry.error().text().empty(), "a problem says what it is");
        return;
    }
    const auto encoded = logbook::encode(*entry);
    if (!encoded) {
        expect(encoded.error().code == Errc::too_large, "what was read can be written, if it fits");
        return;
    }
    expect(encoded->text.size() <= tlog::largest_entry, "an entry fits into a bundle");
    expect(encoded->blobs.size() == encoded->names.size(), "each blob has its name");
    const auto again = logbook::decode(encoded->text, of(*encoded), "entry");
    expect(static_cast<bool>(again), "what was written can be read");
    expect(again && logbook::encode(*again)->text == encoded->text, "there and back");
}
