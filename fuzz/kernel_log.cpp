#include "evidence/kernel_log.h"

#include "evidence/transcript_review.h"
#include "fuzz/target.h"

// The files below a device, as a kernel with the CMA series publishes them: names and contents, frame by
// frame.
void busguard::fuzz::try_input(ByteView input) {
    const auto parts = frames(input);
    evidence::Files files;
    for (std::size_t at = 0; at + 1 < parts.size(); at += 2)
        files.emplace(std::string{as_text(parts[at])}, to_bytes(parts[at + 1]));
    (void)evidence::is_kernel_log(files);
    const auto entries = evidence::read_kernel_log(files, "log");
    if (!entries) return;
    for (const auto& entry : *entries) (void)evidence::review(entry.record);
}
