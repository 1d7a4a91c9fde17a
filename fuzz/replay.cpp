#include "fuzz/target.h"

#include <filesystem>
#include <fstream>
#include <iterator>

// Tries each file of a corpus once: what ctest runs where there is no libFuzzer.
//
//   fuzz_TARGET FOLDER|FILE...

namespace {

using namespace busguard;

Bytes contents(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    fuzz::expect(in.is_open(), file.c_str());
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    return to_bytes(as_bytes(text));
}

// The file, and what it becomes when the wire cuts it short or flips a bit.
std::size_t try_file(const std::filesystem::path& file) {
    const auto whole = contents(file);
    fuzz::try_input(whole);
    const auto step = std::max<std::size_t>(1, whole.size() / 16);
    for (std::size_t at = 0; at < whole.size(); at += step) {
        fuzz::try_input(ByteView{whole}.first(at));
        auto flipped = whole;
        flipped[at] ^= static_cast<std::byte>(1U << at % 8);
        fuzz::try_input(flipped);
    }
    return 1;
}

}  // namespace

int main(int count, char** words) {
    std::size_t files = 0;
    for (const std::filesystem::path named : std::span{words, static_cast<std::size_t>(count)}.subspan(1)) {
        if (!std::filesystem::is_directory(named)) {
            files += try_file(named);
            continue;
        }
        for (const auto& entry : std::filesystem::directory_iterator{named}) files += try_file(entry.path());
    }
    std::printf("%zu inputs, none of them a finding\n", files);
    return files == 0 ? 1 : 0;
}
