#include "evidence/bundle_file.h"
#include "tests/evidence/support.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

/// make_evidence DIRECTORY: evidence of genuine devices for openssl_recipe.sh, one directory each with
/// bundle.json, anchors.pem and, as a kernel publishes it, signatures/ and certificates/.
namespace busguard::evidence {
namespace {

void write(const std::filesystem::path& file, ByteView bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out{file, std::ios::binary};
    out << as_text(bytes);
}

void write_as_kernel(const std::filesystem::path& device, const Bundle& bundle, const Bytes& certificates) {
    write(device / "certificates" / "slot0", certificates);
    const auto& record = bundle.records.front();  // a kernel of the series makes challenges only
    const auto stem = (device / "signatures" / "0").string();
    write(stem + "_transcript", record.transcript);
    write(stem + "_signature", record.signature);
    write(stem + "_combined_spdm_prefix", record.prefix);
    write(stem + "_hash_algorithm", as_bytes(std::string{crypto::name(spdm::hash_of(record.hash))} + "\n"));
    write(stem + "_certificate_chain", as_bytes("../certificates/slot0"));
}

bool make(const std::filesystem::path& directory) {
    using crypto::Hash;
    using crypto::Scheme;
    using Device = std::tuple<Scheme, Hash, spdm::Version>;
    const auto devices = std::to_array<Device>({
        {Scheme::ecdsa_p384, Hash::sha_384, spdm::Version::v1_0},
        {Scheme::ecdsa_p384, Hash::sha_384, spdm::Version::v1_3},
        {Scheme::ecdsa_p521, Hash::sha3_512, spdm::Version::v1_2},
        {Scheme::ecdsa_p256, Hash::sha_256, spdm::Version::v1_1},
        {Scheme::rsassa_2048, Hash::sha_256, spdm::Version::v1_2},
        {Scheme::rsapss_3072, Hash::sha_384, spdm::Version::v1_1},
        {Scheme::ed25519, Hash::sha_512, spdm::Version::v1_2},
        {Scheme::ed448, Hash::sha_512, spdm::Version::v1_3},
    });
    return std::ranges::all_of(devices, [&](const Device& one) {
        const auto& [scheme, hash, version] = one;
        if (!crypto::supported(scheme)) return true;
        const test::Hierarchy hierarchy{test::leaf_spec(), scheme};
        const auto bundle = test::visit(test::device(hierarchy, scheme, hash), test::everything(version));
        if (bundle.failure || bundle.records.size() != 2) return false;
        const auto device =
            directory / (std::string{crypto::name(scheme)} + "-" + std::string{spdm::name(version)});
        write(device / "bundle.json", as_bytes(to_json(bundle)));
        write(device / "anchors.pem", as_bytes(crypto::to_pem(test::root().certificate)));
        write_as_kernel(device, bundle, hierarchy.der());
        return true;
    });
}

}  // namespace
}  // namespace busguard::evidence

int main(int count, char** arguments) {  // NOLINT(bugprone-exception-escape): then the test ends
    if (count != 2) {
        std::cerr << "usage: make_evidence DIRECTORY\n";
        return EXIT_FAILURE;
    }
    const std::span words{arguments, static_cast<std::size_t>(count)};
    return busguard::evidence::make(words[1]) ? EXIT_SUCCESS : EXIT_FAILURE;
}
