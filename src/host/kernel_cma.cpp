#include "host/kernel_cma.h"

#include "host/pci.h"

#include <algorithm>
#include <cerrno>

namespace busguard::host {
namespace {

constexpr std::size_t most_new_entries = 64;                       // while one attempt is made
constexpr std::size_t largest_transcript = std::size_t{1} << 20U;  // eight chains of 64 KiB, and the rest

constexpr std::string_view nonce_ending = "_requester_nonce";

/// The entries that are there, as the text of their numbers.
Result<std::vector<std::string>> entries_in(const FileTree& sys, const std::string& folder) {
    auto names = TRY(sys.list(folder));
    std::erase_if(names,
                  [](const auto& name) { return !name.ends_with(nonce_ending) || name.starts_with("next"); });
    for (auto& name : names) name.resize(name.size() - nonce_ending.size());
    return names;
}

/// Why the kernel's attempt came to nothing (spdm_err() of the series, and what it calls).
Error of_attempt(const Error& error) {
    const auto says = [&](Errc code, std::string_view what = "kernel") { return Error{code, what, 0, 0}; };
    switch (error.detail) {
        case ENOTTY: return says(Errc::owned);
        case EPROTONOSUPPORT: return says(Errc::unsupported, "CHAL_CAP");
        case EPROTO: return says(Errc::unexpected);
        case EBUSY:
        case EINPROGRESS: return says(Errc::not_ready);
        case EINVAL:
        case ECONNRESET: return says(Errc::peer_error);
        case EMSGSIZE: return says(Errc::too_large);
        case EIO: return says(Errc::timeout);
        default: return error;
    }
}

class Entry {
public:
    Entry(const FileTree& sys, std::string device, const std::string& number)
        : sys_{&sys}, device_{std::move(device)}, stem_{"signatures/" + number} {}

    Result<std::map<std::string, Bytes>> files() const {
        std::map<std::string, Bytes> all;
        for (const auto* name : {"_transcript", "_signature", "_hash_algorithm", "_combined_spdm_prefix",
                                 "_type", "_requester_nonce", "_responder_nonce"})
            all[stem_ + name] = TRY(read(stem_ + name));
        // "../certificates/slot0". The kernel keeps no chain with the entry: it is the slot's of now.
        const auto chain = stem_ + "_certificate_chain";
        auto target = TRY(sys_->link(device_ + chain));
        const auto slot = target.starts_with("../") ? target.substr(3) : std::string{};
        if (!slot.starts_with("certificates/slot") || slot.find('/', 13) != std::string::npos)
            return fail(Errc::bad_field, "certificate_chain");
        all[slot] = TRY(read(slot));
        all[chain] = to_bytes(as_bytes(target));
        return all;
    }

private:
    Result<Bytes> read(const std::string& name) const {
        return sys_->read(device_ + name, largest_transcript);
    }

    const FileTree* sys_;
    std::string device_;
    std::string stem_;
};

}  // namespace

Result<std::map<std::string, Bytes>> authenticate_by_kernel(FileTree& sys, std::string_view address,
                                                            ByteView nonce) {
    if (!is_pci_address(address)) return fail(Errc::bad_field, "PCI address");
    // Where it has nothing to speak to the device with, there is `authenticated` alone, and ENOTTY; forks of
    // the series tell signatures by netlink.
    const auto signatures = pci_file(address, "signatures");
    if (!sys.exists(signatures)) return fail(Errc::owned, "kernel");
    const auto before = TRY(entries_in(sys, signatures));
    TRY(sys.write(signatures + "/next_requester_nonce", nonce));
    // It fails for chains that the kernel does not trust as well, and that is not the question here.
    const auto attempt = sys.write(pci_file(address, "authenticated"), as_bytes("re"));
    auto made = TRY(entries_in(sys, signatures));
    std::erase_if(made, [&](const auto& one) { return std::ranges::find(before, one) != before.end(); });
    if (made.size() > most_new_entries) made.resize(most_new_entries);
    for (const auto& number : made) {
        auto path = signatures;
        path.append("/").append(number).append(nonce_ending);
        const auto its = sys.read(path, largest_attribute);
        if (its && same(*its, nonce)) return Entry{sys, pci_file(address, {}), number}.files();
    }
    // EKEYREJECTED: the device answered, and the kernel trusts none of its chains.
    if (!attempt && attempt.error().detail != EKEYREJECTED) return fail(of_attempt(attempt.error()));
    return made.empty() ? fail(Errc::owned, "kernel") : fail(Errc::mismatch, "Nonce");
}

}  // namespace busguard::host
