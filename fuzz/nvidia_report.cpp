#include "crypto/certificate.h"
#include "evidence/nvidia.h"
#include "evidence/transcript_review.h"
#include "fuzz/target.h"

// A GPU's report: hex in the first frame, its chain in PEM in the second; or the tools' JSON; or opaque data.
void busguard::fuzz::try_input(ByteView input) {
    using namespace evidence::nvidia;
    (void)is_report(as_text(input));
    if (const auto fields = parse_opaque(input)) {
        std::size_t size = 0;
        for (const auto& field : *fields) {
            size += 4 + field.value.size();
            (void)show(field);
        }
        expect(size == input.size(), "the fields are all there is");
        (void)reference_id(*fields);
    }
    if (is_collection(as_text(input))) (void)read_collection(as_text(input), "collection");

    const auto parts = frames(input);
    if (parts.size() < 2) return;
    const auto record = read_report(as_text(parts[0]), "report", as_text(parts[1]), "chain");
    if (record) (void)evidence::review(*record);
    if (const auto chain = crypto::parse_pem_bundle(as_text(parts[1]))) (void)leaf_fwid(chain->front());
}
