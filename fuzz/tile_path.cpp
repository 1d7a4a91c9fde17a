#include "fuzz/target.h"
#include "tlog/tile.h"

// The path of a tile, as a web server's client or a folder names it: one text for each path.
void busguard::fuzz::try_input(ByteView input) {
    const auto path = tlog::tile_path_from(as_text(input));
    if (!path) {
        expect(path.error().offset <= input.size(), "an error is where there is text");
        return;
    }
    expect(tlog::text(*path) == as_text(input), "there and back");
    expect(path->width >= 1 && path->width <= tlog::tile_width, "a tile has 1 to 256 hashes");
    expect(tlog::width_in(~std::uint64_t{0}, path->level, path->index) >= path->width, "some tree has it");
}
