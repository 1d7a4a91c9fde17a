#include "bench/measure.h"
#include "bench/report.h"
#include "bench/test_device.h"
#include "journal/fsck.h"
#include "journal/journal.h"
#include "journal/note_checkpoints.h"
#include "logbook/entry.h"
#include "logbook/reverify.h"
#include "spdm/certificate_chain.h"
#include "spdm/signing.h"
#include "tlog/entry_bundle.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sqlite3.h>

/// The transparency log: what it costs to write, to check and to verify again.
namespace busguard::bench {
namespace {

namespace fs = std::filesystem;
using Wall = std::chrono::steady_clock;

constexpr std::size_t entry_size = 512;
constexpr std::size_t batch = 256;
constexpr std::chrono::sys_seconds now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};

double seconds_of(const auto& function) {
    const auto start = Wall::now();
    function();
    return std::chrono::duration<double>(Wall::now() - start).count();
}

double percentile(std::vector<double> values, double part) {
    std::ranges::sort(values);
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

std::string rate(double per_second, std::string_view what) {
    char text[64];
    std::snprintf(text, sizeof text, "%.0f %s/s", per_second, std::string{what}.c_str());
    return text;
}

/// On a disk: /tmp may be memory.
class Directory {
public:
    Directory() {
        const char* chosen = std::getenv("TMPDIR");
        path_ = std::string{chosen == nullptr ? "/var/tmp" : chosen} + "/busguard-bench-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr) {
            std::fputs("bench: no temporary directory\n", stderr);
            std::exit(1);
        }
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    std::string path(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// Entries that differ, and no two runs of bytes that compress.
Bytes entry(std::uint64_t number) {
    Bytes bytes(entry_size);
    std::uint64_t state = number * 0x9e37'79b9'7f4a'7c15ULL + 1;
    for (std::size_t at = 0; at < entry_size; at += sizeof state) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        std::memcpy(&bytes[at], &state, sizeof state);
    }
    return bytes;
}

class Log {
public:
    Log() {
        fs::create_directory(directory_.path("log"));
        files_ = must(host::DirectoryFiles::open(directory_.path("log")));
        auto signer = must(tlog::NoteSigner::make(
            "bench.example/log", must(crypto::PrivateKey::generate(crypto::Scheme::ed25519))));
        reader_.emplace(signer.verifier());
        signer_.emplace(std::move(signer));
    }
    void open() {
        journal_ = must(journal::Journal::open(directory_.path("log.db"), *files_, *signer_, *reader_));
    }

    journal::Journal& journal() { return *journal_; }
    host::DirectoryFiles& files() { return *files_; }
    journal::NoteReader& reader() { return *reader_; }
    journal::NoteCheckpointSigner& signer() { return *signer_; }
    std::string path(const std::string& name) const { return directory_.path("log/" + name); }

private:
    Directory directory_;
    std::unique_ptr<host::DirectoryFiles> files_;
    std::optional<journal::NoteReader> reader_;
    std::optional<journal::NoteCheckpointSigner> signer_;
    std::unique_ptr<journal::Journal> journal_;
};

/// SQLite and nothing else: the journal's rows, its pragmas, its transactions.
class RawDatabase {
public:
    RawDatabase() {
        require(sqlite3_open(directory_.path("raw.db").c_str(), &database_));
        run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE entry (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;"
            "CREATE TABLE leaf (hash BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (hash, number)) "
            "STRICT, "
            "WITHOUT ROWID;"
            "CREATE TABLE batch (first INTEGER PRIMARY KEY, time INTEGER NOT NULL) STRICT;");
        entry_ = prepare("INSERT INTO entry VALUES (?1, ?2, ?3)");
        leaf_ = prepare("INSERT INTO leaf VALUES (?1, ?2)");
        batch_ = prepare("INSERT INTO batch VALUES (?1, ?2)");
    }
    RawDatabase(const RawDatabase&) = delete;
    RawDatabase& operator=(const RawDatabase&) = delete;
    ~RawDatabase() {
        for (auto* statement : {entry_, leaf_, batch_}) sqlite3_finalize(statement);
        sqlite3_close(database_);
    }

    void append(std::span<const journal::Entry> entries, std::span<const tlog::TreeHash> leaves) {
        run("BEGIN IMMEDIATE");
        sqlite3_bind_int64(batch_, 1, next_);
        sqlite3_bind_int64(batch_, 2, 0);
        step(batch_);
        for (std::size_t n = 0; n < entries.size(); ++n, ++next_) {
            sqlite3_bind_int64(entry_, 1, next_);
            bind(entry_, 2, leaves[n]);
            bind(entry_, 3, entries[n].bytes);
            step(entry_);
            bind(leaf_, 1, leaves[n]);
            sqlite3_bind_int64(leaf_, 2, next_);
            step(leaf_);
        }
        run("COMMIT");
    }

private:
    static void require(int code) {
        if (code == SQLITE_OK || code == SQLITE_DONE) return;
        std::fprintf(stderr, "bench: SQLite: %s\n", sqlite3_errstr(code));
        std::exit(1);
    }
    void run(const char* sql) { require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        require(sqlite3_prepare_v3(database_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
        return statement;
    }
    static void bind(sqlite3_stmt* statement, int parameter, ByteView bytes) {
        require(sqlite3_bind_blob64(statement, parameter, bytes.data(), bytes.size(), SQLITE_STATIC));
    }
    static void step(sqlite3_stmt* statement) {
        require(sqlite3_step(statement));
        sqlite3_reset(statement);
    }

    Directory directory_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* entry_ = nullptr;
    sqlite3_stmt* leaf_ = nullptr;
    sqlite3_stmt* batch_ = nullptr;
    sqlite3_int64 next_ = 0;
};

/// One batch after the other, each with what it refers to.
class Batches {
public:
    explicit Batches(std::size_t size) : bytes_(size), entries_(size), leaves_(size) {}
    void next() {
        for (std::size_t n = 0; n < bytes_.size(); ++n) {
            bytes_[n] = entry(number_++);
            entries_[n] = {bytes_[n], {}};
            leaves_[n] = tlog::leaf_hash(bytes_[n]);
        }
    }
    std::span<const journal::Entry> entries() const { return entries_; }
    std::span<const tlog::TreeHash> leaves() const { return leaves_; }

private:
    std::uint64_t number_ = 0;
    std::vector<Bytes> bytes_;
    std::vector<journal::Entry> entries_;
    std::vector<tlog::TreeHash> leaves_;
};

void appends(std::vector<Figure>& figures) {
    constexpr int singles = 2000;
    constexpr int batches = 300;
    constexpr int published = 100;
    Log log;
    log.open();
    RawDatabase raw;
    // In turn, and each as often first: what one leaves in the disk's queue the other waits for.
    const auto both = [&](Batches& next, int times) {
        std::array<std::vector<double>, 2> took;
        const auto append = [&] { (void)must(log.journal().append(next.entries(), now)); };
        const auto insert = [&] { raw.append(next.entries(), next.leaves()); };
        for (int n = 0; n < times; ++n) {
            next.next();
            if (n % 2 == 0) took[0].push_back(seconds_of(append));
            took[1].push_back(seconds_of(insert));
            if (n % 2 != 0) took[0].push_back(seconds_of(append));
        }
        return took;
    };
    const auto us = [](double seconds) { return std::to_string(std::lround(seconds * 1e6)) + " us"; };

    Batches one{1};
    const auto [alone, row] = both(one, singles);
    const double least_p99 = percentile(row, 0.99) * 1e3;
    // Where SQLite alone is slower than that, the disk or its other users are.
    figures.push_back({"log, one durable append, p99", percentile(alone, 0.99) * 1e3, "ms",
                       std::max(5.0, 1.5 * least_p99), false,
                       "median " + us(percentile(alone, 0.5)) + "; SQLite alone " + us(least_p99 / 1e3) +
                           ", median " + us(percentile(row, 0.5))});

    Batches many{batch};
    const auto [ours, floor] = both(many, batches);
    const double took = percentile(ours, 0.5);
    const double least = percentile(floor, 0.5);
    figures.push_back({"log, batched appends", 100 * least / took, "%", 60, true,
                       rate(batch / took, "entries") + " of 512 bytes, 256 a commit; SQLite alone " +
                           rate(batch / least, "rows")});

    (void)must(log.journal().publish());
    std::vector<double> until;
    for (int n = 0; n < published; ++n) {
        many.next();
        until.push_back(seconds_of([&] {
            (void)must(log.journal().append(many.entries(), now));
            (void)must(log.journal().publish());
        }));
    }
    figures.push_back({"log, entry to checkpoint, p99", percentile(until, 0.99) * 1e3, "ms", 1000, false,
                       "256 entries appended, integrated, signed and published; median " +
                           us(percentile(until, 0.5)) + "; what the caller waits for more comes on top"});
}

/// What several devices signed, a challenge a visit.
std::vector<evidence::Bundle> signed_bundles(TestDevice& first, std::size_t count) {
    constexpr std::size_t devices = 8;
    spdm::Plan plan;
    plan.slots = 0xff;
    plan.challenge = true;
    plan.measure = spdm::Plan::Measure::no;
    std::vector<spdm::Profile> profiles{first.profile};
    while (profiles.size() < devices) profiles.push_back(first.sibling());
    std::vector<evidence::Bundle> bundles;
    for (std::size_t n = 0; n < count; ++n) {
        spdm::Responder responder{profiles[n % devices], first.entropy};
        spdm::Visit one{{plan, first.entropy}};
        (void)must(visit(one, responder));
        bundles.push_back(evidence::bundle_of(one.rules().found(), first.circumstances, nullptr));
    }
    return bundles;
}

/// The signatures of bundles for the engine alone: every number is at hand.
class RawSignatures {
public:
    explicit RawSignatures(const std::vector<evidence::Bundle>& bundles) {
        for (const auto& bundle : bundles) {
            const auto& record = bundle.records.front();
            const auto chain = must(spdm::read_chain_structure(record.chain, spdm::size(record.hash)));
            const auto key = must(must(crypto::split_chain(chain.certificates)).back().public_key());
            const auto hash = spdm::hash_of(record.hash);
            auto message = spdm::message_to_sign(record.version, record.kind, hash, record.transcript);
            ones_.push_back({.digest = crypto::ecdsa_digest(crypto::Curve::p384, hash, message),
                             .point = *crypto::curve_point(key),
                             .key = key,
                             .message = std::move(message),
                             .signature = record.signature});
        }
    }
    std::size_t size() const { return ones_.size(); }

    void by(const crypto::EcdsaEight& engine) const {
        constexpr auto lanes = crypto::EcdsaEight::lanes;
        in_parallel(ones_.size() / lanes, [&](std::size_t n) {
            std::array<crypto::EcdsaEight::Lane, lanes> eight{};
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                const auto& one = ones_[n * lanes + lane];
                eight[lane] = {one.digest.data(), one.signature.data(), one.signature.data() + 48,
                               &one.point};
            }
            if (engine.verify(crypto::Curve::p384, eight) != 0xff) std::abort();
        });
    }
    void by_openssl(std::size_t count) const {
        in_parallel(count, [&](std::size_t n) {
            const auto& one = ones_[n];
            if (!one.key.verify(crypto::Scheme::ecdsa_p384, crypto::Hash::sha_384, one.message,
                                one.signature))
                std::abort();
        });
    }

private:
    struct One {
        std::array<std::byte, crypto::widest_lane> digest;
        crypto::CurvePoint point;
        crypto::PublicKey key;
        Bytes message;
        Bytes signature;
    };
    std::vector<One> ones_;
};

void verified(logbook::Reverifier& reverifier, std::span<const logbook::Doubted> all) {
    for (const auto& result : reverifier.verify(all))
        if (!result.faults.empty() || result.signatures != 1) {
            std::fputs("bench: a good signature was refused\n", stderr);
            std::exit(1);
        }
}

/// Entries as a log holds them, and their blobs.
struct Encoded {
    std::vector<std::string> texts;
    std::map<tlog::TreeHash, Bytes> blobs;

    explicit Encoded(const std::vector<evidence::Bundle>& bundles) {
        for (const auto& bundle : bundles) {
            auto made = must(logbook::encode(
                {.origin = "bench.example/log", .time = now, .what = logbook::Evidence{bundle}}));
            for (std::size_t n = 0; n < made.blobs.size(); ++n)
                blobs.emplace(made.names[n], std::move(made.blobs[n]));
            texts.push_back(std::move(made.text));
        }
    }
    evidence::Bundle decoded(std::size_t n) const {
        const auto blob = [&](const tlog::TreeHash& name) -> Result<Bytes> { return blobs.at(name); };
        auto entry = logbook::decode(texts[n], blob, "bench");
        if (!entry) std::abort();
        return std::move(std::get<logbook::Evidence>(entry->what).bundle);
    }
};

void reverification(std::vector<Figure>& figures) {
    constexpr std::size_t count = 1024;
    constexpr std::size_t few = 32;  // for OpenSSL, which takes ten times as long
    TestDevice device;
    const auto bundles = signed_bundles(device, count);
    std::vector<logbook::Doubted> all;
    for (const auto& bundle : bundles) all.push_back({&bundle, now});
    const auto some = std::span{all}.first(few);
    const auto loaded = crypto::MultiBuffer::load();
    const auto* engine = loaded ? loaded->get() : nullptr;

    logbook::Reverifier by_engine{device.standard.anchors, engine};
    logbook::Reverifier by_openssl{device.standard.anchors, nullptr};
    const double first = seconds_of([&] { verified(by_engine, all); });
    verified(by_openssl, some);
    const RawSignatures raw{bundles};
    const Encoded encoded{bundles};
    const auto from_entries = [&] {
        std::vector<evidence::Bundle> decoded(few);
        in_parallel(few, [&](std::size_t n) { decoded[n] = encoded.decoded(n); });
    };
    const auto times =
        compare({[&] { verified(by_engine, engine == nullptr ? some : all); },
                 [&] {
                     if (engine == nullptr)
                         raw.by_openssl(few);
                     else
                         raw.by(*engine);
                 },
                 [&] { verified(by_openssl, some); }, [&] { raw.by_openssl(few); }, from_entries},
                std::chrono::milliseconds{6000});
    const auto each = static_cast<double>(engine == nullptr ? few : count);
    const double ours = times[0] / each;
    const double floor = times[1] / each;
    const double openssl = times[3] / few;
    const double wall = seconds_of([&] { verified(by_engine, all); });
    const auto engine_name = engine == nullptr ? std::string{"OpenSSL"} : (*loaded)->name();
    figures.push_back({"log, P-384 again", 100 * floor / ours, "%", 80, true,
                       "of what " + engine_name + " alone does: " + rate(1 / ours, "signatures") +
                           " a core; all processors " + rate(count / wall, "signatures") +
                           ", with chains never seen " + rate(count / first, "signatures")});
    figures.push_back({"log, P-384 again, OpenSSL", 100 * openssl / (times[2] / few), "%", 80, true,
                       "of what OpenSSL alone does: " + rate(few / times[2], "signatures") + " a core"});
    if (engine != nullptr)
        figures.push_back({"log, against OpenSSL", openssl / ours, "x", 6, true,
                           engine_name + " in place of " + rate(1 / openssl, "signatures")});
    else
        figures.push_back(
            {"log, against OpenSSL", 1, "x", 0, true,
             "SKIPPED: " + std::string{loaded.error().what} + " " + std::string{name(loaded.error().code)}});
    figures.push_back({"log, reading an entry", times[4] / few * 1e6, "us", 0, false,
                       "JSON and blobs to a bundle, before its signature is verified"});
}

/// A log of so many entries as files, without a journal: nothing here need survive a power cut.
tlog::TreeHead write_log(Log& log, std::uint64_t size) {
    const auto put = [&](const tlog::TilePath& path, ByteView bytes) {
        const auto name = log.path(tlog::text(path));
        fs::create_directories(fs::path{name}.parent_path());
        std::ofstream{name, std::ios::binary} << as_text(bytes);
    };
    tlog::TileEdge edge;
    while (edge.size() < size) {
        const auto first = edge.size();
        const auto width = std::min<std::uint64_t>(tlog::tile_width, size - first);
        Bytes bundle;
        for (std::uint64_t n = 0; n < width; ++n) {
            const auto bytes = entry(first + n);
            (void)must(tlog::append_entry(bundle, bytes));
            for (const auto& tile : edge.append(tlog::leaf_hash(bytes))) put(tile.path, tile.bytes);
        }
        put({tlog::TilePath::Kind::entries, 0, first / tlog::tile_width, static_cast<unsigned>(width)},
            bundle);
    }
    for (const auto& tile : edge.partial(0)) put(tile.path, tile.bytes);
    const auto note = must(log.signer().sign(edge.head()));
    std::ofstream{log.path("checkpoint"), std::ios::binary} << as_text(note);
    return edge.head();
}

void fsck(std::vector<Figure>& figures) {
    constexpr std::uint64_t size = 1'000'000;
    Log log;
    const auto head = write_log(log, size);
    const double busy = processor_seconds();
    journal::Fsck found;
    const double took = seconds_of([&] { found = journal::fsck(log.files(), log.reader()); });
    if (!found.clean() || found.head != head || found.entries != size) {
        std::fputs("bench: fsck of a sound log\n", stderr);
        std::exit(1);
    }
    figures.push_back(
        {"log, fsck of 1,000,000", took, "s", 10, false,
         rate(size / took, "entries") + " of 512 bytes; CPU " + in_seconds(processor_seconds() - busy)});
}

}  // namespace

std::vector<Figure> transparency_log() {
    std::vector<Figure> figures;
    appends(figures);
    reverification(figures);
    fsck(figures);
    return figures;
}

}  // namespace busguard::bench
