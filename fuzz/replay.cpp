#include "fuzz/target.h"

#include <filesystem>
#include <fstream>
#include <iterator>

// Tries each file of a corpus once: what ctest runs where there is no libFuzzer.
//
//   fuzz_replay TARGET FOLDER|FILE...

namespace busguard::fuzz {

#define TARGET(name) void try_##name(ByteView input);
#include "replayed.inc"
#undef TARGET

}  // namespace busguard::fuzz

namespace {

using namespace busguard;

using Try = void (*)(ByteView input);

struct Target {
    std::string_view name;
    Try try_input;
};

constexpr Target targets[] = {
#define TARGET(name) {#name, fuzz::try_##name},
#include "replayed.inc"
#undef TARGET
};

Bytes contents(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    fuzz::expect(in.is_open(), file.c_str());
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    return to_bytes(as_bytes(text));
}

// The file, and what it becomes when the wire cuts it short or flips a bit.
std::size_t try_file(Try try_input, const std::filesystem::path& file) {
    const auto whole = contents(file);
    try_input(whole);
    const auto step = std::max<std::size_t>(1, whole.size() / 16);
    for (std::size_t at = 0; at < whole.size(); at += step) {
        try_input(ByteView{whole}.first(at));
        auto flipped = whole;
        flipped[at] ^= static_cast<std::byte>(1U << at % 8);
        try_input(flipped);
    }
    return 1;
}

}  // namespace

int main(int count, char** words) {
    const std::span said{words, static_cast<std::size_t>(count)};
    const auto target =
        std::ranges::find(targets, said.size() > 1 ? said[1] : std::string_view{}, &Target::name);
    if (target == std::end(targets)) {
        std::fputs("usage: fuzz_replay TARGET FOLDER|FILE...; targets:", stderr);
        for (const auto& one : targets) std::fprintf(stderr, " %s", one.name.data());
        std::fputs("\n", stderr);
        return 2;
    }
    std::size_t files = 0;
    for (const std::filesystem::path named : said.subspan(2)) {
        if (!std::filesystem::is_directory(named)) {
            files += try_file(target->try_input, named);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator{named})
            files += try_file(target->try_input, entry.path());
    }
    std::printf("%zu inputs, none of them a finding\n", files);
    return files == 0 ? 1 : 0;
}
