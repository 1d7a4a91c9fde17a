#include "crypto/revocation_list.h"

#include "fuzz/target.h"

// A file of revocation lists, in PEM or DER.
void busguard::fuzz::try_input(ByteView input) {
    const auto lists = crypto::read_revocation_lists(input);
    if (!lists) return;
    for (const auto& list : *lists) {
        (void)list.issuer();
        (void)list.this_update();
        (void)list.next_update();
    }
}
