#include "fuzz/target.h"

// The name and the types are libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    busguard::fuzz::try_input(std::as_bytes(std::span{data, size}));
    return 0;
}
