#include "appraisal/reference.h"
#include "base/hex.h"
#include "crypto/issue.h"
#include "evidence/bundle_file.h"
#include "fuzz/spdm_device.h"
#include "logbook/entry.h"
#include "spdm/certificate_chain.h"
#include "tests/tlog/golden_notes.h"
#include "tests/tlog/note_support.h"
#include "tlog/add_checkpoint.h"
#include "tlog/entry_bundle.h"
#include "transport/config_space.h"
#include "transport/doe.h"
#include "transport/little_endian.h"
#include "transport/socket_frame.h"

#include <filesystem>
#include <fstream>
#include <string>

// Writes the seeds that the corpora begin with, out of exchanges that really take place:
//
//   fuzz_seeds FOLDER        (fuzz/corpus)

namespace {

using namespace busguard;
namespace fs = std::filesystem;

class Corpora {
public:
    explicit Corpora(fs::path root) : root_{std::move(root)} {}

    void put(const std::string& target, const std::string& name, ByteView input) const {
        fs::create_directories(root_ / target);
        std::ofstream out{root_ / target / name, std::ios::binary};
        out << as_text(input);
        fuzz::expect(static_cast<bool>(out.flush()), "a seed is written");
    }

private:
    fs::path root_;
};

Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes all;
    for (const auto value : values) all.push_back(static_cast<std::byte>(value));
    return all;
}

Bytes behind(std::initializer_list<unsigned> first, ByteView rest) {
    auto all = bytes_of(first);
    append(all, rest);
    return all;
}

struct Exchange {
    Bytes request, answer;
};

std::vector<Exchange> visit(unsigned device_bits, unsigned plan_bits, unsigned slots) {
    fuzz::Counting entropy_there{1000};
    fuzz::Counting entropy_here;
    const auto device = fuzz::device_of(static_cast<std::byte>(device_bits));
    spdm::Responder responder{device, entropy_there};
    spdm::Visit visit{spdm::Authentication{
        fuzz::plan_of(static_cast<std::byte>(plan_bits), static_cast<std::byte>(slots)), entropy_here}};
    std::vector<Exchange> said;
    auto step = visit.start();
    while (step && std::holds_alternative<spdm::Send>(*step)) {
        said.push_back({std::get<spdm::Send>(*step).message, {}});
        said.back().answer = responder.reply(said.back().request).message;
        step = visit.answer(said.back().answer);
    }
    fuzz::expect(static_cast<bool>(step), "a seed's visit comes to its end");
    return said;
}

// The version in bits 1:0, SHA-256 and 64 bytes of signature, summary in bit 6: fuzz/spdm_shape.h.
unsigned shape_bits(unsigned version, bool has_signature, bool summary) {
    return version | 1U << 2U | (has_signature ? 1U << 4U : 0U) | (summary ? 1U << 6U : 0U);
}

// "13-e0": each kind of message once a version, the last one that was said.
std::string message_name(ByteView message) {
    return to_hex(message.first(1)) + "-" + to_hex(message.subspan(1, 1));
}

void protocol(const Corpora& corpora) {
    // All versions with a challenge and all measurements; then the other ways to measure, raw, vendor
    // defined.
    struct Case {
        unsigned device, plan, slots;
    };
    for (const auto [device, plan, slots] :
         {Case{0, 0x10, 1}, Case{1, 0x11, 1}, Case{2, 0x1a, 9}, Case{3, 0x1b, 9}, Case{3, 0x23, 1},
          Case{7, 0x53, 1}, Case{6, 0xa2, 8}, Case{3, 0x97, 1}, Case{3, 0x0b, 1}}) {
        const auto name = std::to_string(device) + "-" + std::to_string(plan);
        const auto version = std::min(device & 3U, plan & 3U);
        const auto said = visit(device, plan, slots);
        auto requests = bytes_of({device});
        auto answers = bytes_of({plan, slots});
        for (const auto& [request, answer] : said) {
            fuzz::append_frame(requests, request);
            fuzz::append_frame(answers, answer);
            const auto code = spdm::head_of(answer).code;
            const bool is_signed =
                code == spdm::Code::challenge_auth ||
                (code == spdm::Code::measurements && (std::to_integer<unsigned>(request[2]) & 1U) != 0);
            if (version != 0 && version != 3) continue;
            const auto shape = shape_bits(version, is_signed, (plan & 8U) != 0);
            for (const auto& message : {request, answer})
                corpora.put("message", message_name(message), behind({shape}, message));
        }
        corpora.put("responder", name, requests);
        corpora.put("requester", name, answers);
        corpora.put("meddler", name, behind({device, plan, slots}, {}));
        // A reserved byte of VERSION, which nobody looks at; bytes of a certificate and of a signature.
        corpora.put("meddler", name + "-reserved", behind({device, plan, slots, 0, 2, 0, 1}, {}));
        corpora.put("meddler", name + "-flip",
                    behind({device, plan, slots, 4, 20, 0, 1, 6, 40, 0, 0x80}, {}));
    }
}

void measurements(const Corpora& corpora) {
    const auto blocks = fuzz::device_of(std::byte{3}).measurements;
    Bytes record;
    for (const auto& block : blocks) append(record, spdm::to_wire(block));
    corpora.put("measurement_record", "three", behind({3, 0}, record));
    corpora.put("measurement_record", "three-with-digests", behind({3, 32}, record));
    corpora.put("measurement_record", "one", behind({1, 0}, spdm::to_wire(blocks[0])));
    corpora.put("measurement_record", "none", behind({0, 0}, {}));
}

void revocation_lists(const Corpora& corpora) {
    const auto slot = fuzz::slot_of(crypto::Scheme::ecdsa_p256);
    const auto issuer = *crypto::Certificate::parse(slot.certificates);
    crypto::RevocationListSpec spec{.this_update = std::chrono::sys_days{std::chrono::year{2026} / 11 / 1},
                                    .next_update = {},
                                    .revoked = {},
                                    .extra = {}};
    const auto list = [&] { return *crypto::issue_list(spec, issuer, slot.key, crypto::Hash::sha_256); };
    corpora.put("revocation_list", "of-nothing", list());
    spec.next_update = spec.this_update + std::chrono::days{30};
    spec.revoked = {issuer};
    corpora.put("revocation_list", "of-one", list());
    spec.extra.push_back({"2.5.29.27", true, *from_hex("020101")});
    corpora.put("revocation_list", "delta", list());
}

/// A variable of the firmware with a certificate and a hash.
void efi_signatures(const Corpora& corpora) {
    const auto der = fuzz::slot_of(crypto::Scheme::ecdsa_p256).certificates;
    const auto number = [](Bytes& to, std::size_t value) {
        for (unsigned n = 0; n < 4; ++n) to.push_back(static_cast<std::byte>(value >> (8U * n) & 0xffU));
    };
    Bytes file{std::byte{0x27}, std::byte{0}, std::byte{0}, std::byte{0}};
    const auto list = [&](std::string_view type, ByteView data) {
        append(file, *from_hex(type));
        number(file, 28 + 16 + data.size());
        number(file, 0);
        number(file, 16 + data.size());
        append(file, *from_hex("bd9afa775903324dbd6028f4e78f784b"));
        append(file, data);
    };
    list("a159c0a5e494a74a87b5ab155c2bf072", der);
    corpora.put("efi_signatures", "certificate", file);
    list("2616c4c14c509240aca941f936934328", Bytes(32));
    corpora.put("efi_signatures", "certificate-and-hash", file);
}

void certificates(const Corpora& corpora) {
    for (const auto scheme :
         {crypto::Scheme::ecdsa_p256, crypto::Scheme::ed25519, crypto::Scheme::rsassa_2048}) {
        const auto name = std::string{crypto::name(scheme)};
        const auto der = fuzz::slot_of(scheme).certificates;
        corpora.put("certificate", name, der);
        corpora.put("certificate", name + "-pem", as_bytes(crypto::to_pem(*crypto::Certificate::parse(der))));
        auto twice = der;
        append(twice, der);
        corpora.put("certificate", name + "-twice", twice);
        const auto structure = spdm::chain_structure(spdm::BaseHash::sha_256, der);
        corpora.put("certificate_chain", name, behind({0}, *structure));
    }
}

void texts(const Corpora& corpora) {
    for (const auto* text : {"00ffAB", "00 ff\nab", "0", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy", ""})
        corpora.put("text", std::to_string(std::string_view{text}.size()) + "-" + std::to_string(text[0]),
                    as_bytes(text));
}

void log_entry(const Corpora& corpora, const std::string& name, decltype(logbook::Entry::what) what) {
    const auto encoded =
        logbook::encode({.origin = "example.com/log",
                         .time = std::chrono::sys_seconds{std::chrono::seconds{1'800'000'000}},
                         .policy = {std::byte{1}},
                         .what = std::move(what)});
    fuzz::expect(static_cast<bool>(encoded), "an entry fits");
    corpora.put("log_entry", name, as_bytes(encoded->text));
}

void log_entries(const Corpora& corpora) {
    log_entry(corpora, "verdict",
              logbook::Verdict{.device = "pci/0000:01:00.0",
                               .evidence = 0,
                               .cause = "appeared",
                               .state = "failed",
                               .reason = "chain.untrusted-root",
                               .failed = {"chain.untrusted-root"},
                               .owner = "native",
                               .ruling = "deny",
                               .rule = "implicit",
                               .enforcing = true});
    log_entry(corpora, "change", logbook::Change{.what = "policy.loaded", .detail = "two words"});
    log_entry(corpora, "new-key", logbook::NewKey{.vkey = "example.com/log+01020304+AAAA"});
    // The body is a blob, which follows the entry.
    const evidence::Bundle bundle{.circumstances = {.device = "emulated/fuzz"}};
    const auto entry = R"({"anchors":null,"body":{"blob":")" + std::string(64, '1') +
                       R"("},"kind":"evidence","origin":"example.com/log","policy":null,)"
                       R"("schema":"busguard.entry/1","time":"2027-01-15T08:00:00Z"})";
    corpora.put("log_entry", "body-in-a-blob", as_bytes(entry + "\n" + evidence::to_json(bundle)));
}

// What a visit brought back, as a bundle, a reference, transcripts, a kernel's log, and bytes to dump.
void evidence_of(const Corpora& corpora, unsigned device_bits, unsigned plan_bits) {
    fuzz::Counting entropy_there{1000};
    fuzz::Counting entropy_here;
    const auto device = fuzz::device_of(static_cast<std::byte>(device_bits));
    spdm::Responder responder{device, entropy_there};
    spdm::Visit visit{
        spdm::Authentication{fuzz::plan_of(static_cast<std::byte>(plan_bits), std::byte{1}), entropy_here}};
    auto step = visit.start();
    while (step && std::holds_alternative<spdm::Send>(*step))
        step = visit.answer(responder.reply(std::get<spdm::Send>(*step).message).message);
    fuzz::expect(static_cast<bool>(step), "a seed's visit comes to its end");

    const auto name = std::to_string(device_bits) + "-" + std::to_string(plan_bits);
    const auto bundle =
        evidence::bundle_of(visit.rules().found(),
                            {.device = "emulated/fuzz", .transport = "none", .recorded_by = "fuzz"}, nullptr);
    corpora.put("bundle", name, as_bytes(evidence::to_json(bundle)));
    log_entry(corpora, name, logbook::Evidence{bundle});
    if (const auto reference = appraisal::record_reference(bundle, "fuzz"))
        corpora.put("reference", name, as_bytes(appraisal::to_json(*reference)));
    unsigned number = 0;
    for (const auto& record : bundle.records) {
        const auto part = name + "-" + std::to_string(number++);
        const unsigned kind = record.kind == spdm::SigningContext::responder_challenge_auth ? 0 : 4;
        corpora.put(
            "transcript_review", part,
            behind({(device_bits & 3U) | kind, 0, (device_bits & 4U) != 0 ? 10U : 4U}, record.transcript));
        corpora.put("dump", part, record.transcript);

        Bytes log;
        const auto file = [&](std::string_view file_name, ByteView content) {
            fuzz::append_frame(log, as_bytes(file_name));
            fuzz::append_frame(log, content);
        };
        file("signatures/0_transcript", record.transcript);
        file("signatures/0_signature", record.signature);
        file("signatures/0_type", as_bytes(spdm::text(record.kind)));
        file("signatures/0_hash_algorithm", as_bytes("sha256\n"));
        file("signatures/0_combined_spdm_prefix", record.prefix);
        file("signatures/0_requester_nonce", record.requester_nonce);
        file("signatures/0_responder_nonce", record.responder_nonce);
        file("signatures/0_certificate_chain", as_bytes("../certificates/slot0"));
        file("certificates/slot0", device.slots.at(0).certificates);
        corpora.put("kernel_log", part, log);
    }
}

void gpu_reports(const Corpora& corpora) {
    corpora.put("nvidia_report", "opaque", bytes_of({3, 0,    5, 0,    '5', '5', '0', '.', 0,  6, 0, 8, 0,
                                                     0, 0x9f, 0, 0x96, 1,   0,   0,   0,   14, 0, 0, 0}));
    const auto said = visit(1, 0x15, 1);  // 1.1, measurements without a challenge
    auto report = said.back().request;
    append(report, said.back().answer);
    Bytes input;
    fuzz::append_frame(input, as_bytes(to_hex(report)));
    const auto leaf = crypto::Certificate::parse(fuzz::slot_of(crypto::Scheme::ecdsa_p256).certificates);
    fuzz::append_frame(input, as_bytes(crypto::to_pem(*leaf)));
    corpora.put("nvidia_report", "report", input);
    corpora.put("nvidia_report", "collection",
                as_bytes(R"([{"arch":"HOPPER","nonce":"00","evidence":"AAAA","certificate":"AAAA"}])"));
}

void mailboxes(const Corpora& corpora) {
    using namespace transport;
    corpora.put("data_object", "discovery", *encode_object(doe_discovery, discovery_request(0, 2)));
    corpora.put("data_object", "discovery-request", discovery_request(1, 0));
    corpora.put("data_object", "spdm", *encode_object(doe_spdm, bytes_of({0x10, 0x84, 0, 0})));

    const auto request = bytes_of({0x10, 0x84, 0, 0});
    for (const auto kind :
         {SocketTransport::none, SocketTransport::mctp, SocketTransport::pci_doe, SocketTransport::tcp}) {
        const auto payload = wrap(kind, request);
        const auto frame = encode_frame({SocketCommand::normal, kind, *payload});
        auto twice = frame;
        append(twice, encode_frame({SocketCommand::test, kind, to_bytes(as_bytes(client_hello))}));
        corpora.put("socket_frame", std::string{name(kind)}, twice);
        corpora.put("socket_frame", std::string{name(kind)} + "-payload", *payload);
    }

    // Status: idle twice, ready; then the answer's double words, each after a look at the status.
    const auto dwords = [](std::initializer_list<std::uint32_t> values) {
        Bytes all;
        for (const auto value : values) append_dword(all, value);
        return all;
    };
    constexpr std::uint32_t ready = 1U << 31U;
    corpora.put("mailbox", "answer",
                dwords({0, 0, ready, 0x00010001, ready, 4, ready, 0x00000410, ready, 0x0100, 0}));
    corpora.put("mailbox", "busy", dwords({1, 1, 1, 0, 0, ready}));
    corpora.put("mailbox", "error", dwords({4, 4, 0, 0, ready, 4}));
    corpora.put("mailbox", "discovery", dwords({2, 0, ready, 0x00000001, ready, 3, ready, 0x00000001, 0}));

    // Power management and PCI Express; a DOE mailbox, and a serial number behind it.
    Bytes space(ConfigSpace::extended_size);
    const auto put = [&](std::size_t at, std::uint32_t value) {
        for (unsigned byte = 0; byte < 4; ++byte)
            space[at + byte] = static_cast<std::byte>(value >> 8 * byte & 0xffU);
    };
    put(0x00, 0x00101b36);
    put(0x04, 0x00100000);  // Capabilities List
    put(0x08, 0x01080202);
    put(0x2c, 0x11001af4);
    put(0x34, 0x40);
    put(0x40, 0x00035001);
    put(0x50, 0x00020010);
    put(0x100, 0x1802002e);
    put(0x180, 0x00010003);
    put(0x184, 0x12345678);
    corpora.put("config_walk", "endpoint", ByteView{space}.first(0x190));
    put(0x180, 0x10010003);
    corpora.put("config_walk", "loop", ByteView{space}.first(0x190));

    // An aligned access each: write mailbox three times, GO, wait, read.
    corpora.put("emulated_mailbox", "exchange", bytes_of({0x20, 2,    0, 0, 1, 2, 0, 0, 2, 2, 0, 0, 3, 3, 0,
                                                          0,    0x80, 5, 0, 0, 9, 4, 0, 0, 0, 4, 0, 0, 0}));
    corpora.put("emulated_mailbox", "babble",
                bytes_of({4, 2, 0, 0, 1, 3, 0, 0, 0x80, 4, 0, 0, 0, 4, 0, 0, 0}));
    corpora.put("emulated_mailbox", "abort",
                bytes_of({1, 2, 0, 0, 1, 3, 0, 0, 1, 0, 0, 0, 0xff, 1, 4, 0, 4}));
}

void transparency_log(const Corpora& corpora) {
    using Kind = tlog::TilePath::Kind;
    unsigned number = 0;
    for (const auto& path : {tlog::TilePath{Kind::hashes, 0, 0, 256},
                             {Kind::hashes, 1, 1, 17},
                             {Kind::hashes, 3, 1234067, 5},
                             {Kind::entries, 0, 273, 112},
                             {Kind::entries, 0, 1000, 256},
                             {Kind::hashes, 0, (std::uint64_t{1} << 56U) - 1, 255}})
        corpora.put("tile_path", std::to_string(number++), as_bytes(tlog::text(path)));

    Bytes bundle;
    for (const auto* entry : {"one", "", "three"})
        fuzz::expect(static_cast<bool>(tlog::append_entry(bundle, as_bytes(entry))), "an entry fits");
    corpora.put("entry_bundle", "three", behind({2}, bundle));
    corpora.put("entry_bundle", "one-too-many", behind({1}, bundle));
    corpora.put("entry_bundle", "one-missing", behind({3}, bundle));
    corpora.put("entry_bundle", "long", behind({0, 1, 0x2c}, Bytes(300, std::byte{7})));

    // Index or older size, size; then how many hashes more, and what is changed in them.
    const auto sizes = [](unsigned a, unsigned b) {
        return bytes_of({a, 0, 0, 0, 0, 0, 0, 0, b, 0, 0, 0, 0, 0, 0, 0});
    };
    for (const auto& [a, b] : {std::pair{0U, 0U}, {0U, 1U}, {2U, 6U}, {6U, 12U}, {31U, 32U}, {20U, 39U}})
        corpora.put("merkle_proof", std::to_string(a) + "-" + std::to_string(b), sizes(a, b));
    auto one_more = sizes(5, 11);
    append(one_more, bytes_of({1}));
    corpora.put("merkle_proof", "one-more", one_more);
    auto flip = sizes(5, 11);
    append(flip, bytes_of({0, 0, 0, 1}));
    corpora.put("merkle_proof", "flip", flip);
    corpora.put("merkle_proof", "largest", Bytes(16 + 64 * 32, std::byte{0xff}));
}

void notes(const Corpora& corpora) {
    using namespace tlog;
    const auto put = [&](const char* target, const char* name, const std::string& text) {
        corpora.put(target, name, as_bytes(text));
    };
    put("note", "vkey", std::string{golden::log_vkey});
    put("note", "cosigner", std::string{golden::witness_vkey});
    put("note", "skey", std::string{golden::log_skey});
    put("note", "prose", golden::note(golden::prose_text, golden::prose_line));
    put("note", "other-name", std::string{golden::far_note});
    put("note", "cosigned", golden::cosigned());
    put("note", "twice", golden::cosigned().append(golden::checkpoint_line));

    put("proof_text", "checkpoint", std::string{golden::checkpoint_text});
    put("proof_text", "extended", std::string{golden::checkpoint_text}.append("an extension\n"));
    put("proof_text", "cosigned", golden::proof());
    put("proof_text", "no-witness", std::string{golden::proof_head}.append(golden::checkpoint()));
    put("proof_text", "first", "c2sp.org/tlog-proof@v1\nindex 0\n\n" + golden::checkpoint());

    const test::SmallTree tree{7};
    for (const auto old : {0U, 3U, 7U})
        put("witness_request", ("old-" + std::to_string(old)).c_str(),
            to_text(AddCheckpoint{old, tree.consistency(old, 7), golden::checkpoint()}));
    put("witness_request", "stranger",
        to_text(AddCheckpoint{3, tree.consistency(3, 7),
                              to_text(test::signed_head(tree, 7, test::signer("a", 1)))}));
    put("witness_request", "answer", std::string{golden::cosignature_line});
    put("witness_request", "size", "5\n");
    put("witness_request", "ahead", "12\n");

    const auto witness = [&](char letter) {
        const auto vkey =
            test::cosigner(std::string{letter}, static_cast<unsigned>(letter)).verifier().to_text();
        return std::string{"witness "}.append(1, letter).append(" ").append(vkey).append("\n");
    };
    const auto five = witness('A') + witness('B') + witness('C') + witness('D') + witness('E');
    const auto log = std::string{"log "}.append(golden::log_vkey).append(" https://log.example/\n");
    put("witness_policy", "none", log + "quorum none\n");
    put("witness_policy", "one", "# one\n\n" + log + witness('A') + "quorum A\n");
    put("witness_policy", "levels",
        log + five + "group X 2 A B C\n\tgroup Y any D E\ngroup Z all X Y\nquorum Z\n");
    put("witness_policy", "twice", five + "group X any A B\ngroup Y any A\nquorum Y\n");
    put("witness_policy", "cut", five + "quorum A");
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) return 2;
    const Corpora corpora{words[1]};
    texts(corpora);
    certificates(corpora);
    revocation_lists(corpora);
    efi_signatures(corpora);
    measurements(corpora);
    protocol(corpora);
    mailboxes(corpora);
    gpu_reports(corpora);
    transparency_log(corpora);
    notes(corpora);
    log_entries(corpora);
    for (const auto& [device, plan] : {std::pair{1U, 0x11U}, {3U, 0x1bU}, {6U, 0x1eU}})
        evidence_of(corpora, device, plan);
    return 0;
}
