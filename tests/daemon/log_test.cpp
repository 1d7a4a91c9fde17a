#include "daemon/durable_memory.h"
#include "daemon/log_key.h"
#include "daemon/log_publishing.h"
#include "evidence/bundle_file.h"
#include "host/files.h"
#include "host/memory_files.h"
#include "journal/fsck.h"
#include "tests/daemon/abi_world.h"
#include "tests/host/temporary_directory.h"

#include <sys/stat.h>

#include <cerrno>

/// The log that the daemon writes: key, evidence there and back, a disk that is full, what was kept before.
namespace busguard::daemon {
namespace {

tlog::NoteSigner new_key(const std::string& origin = "test.example/log") {
    return *tlog::NoteSigner::make(origin, *crypto::PrivateKey::generate(crypto::Scheme::ed25519));
}

/// Files that can be full.
class Full final : public host::DurableFiles {
public:
    explicit Full(host::DurableFiles& below, const bool& full) : below_{&below}, full_{&full} {}
    Result<Bytes> read(const std::string& path, std::size_t limit) override {
        return below_->read(path, limit);
    }
    Result<bool> exists(const std::string& path) override { return below_->exists(path); }
    Result<std::vector<std::string>> list(const std::string& path) override { return below_->list(path); }
    Result<void> write(const std::string& path, ByteView bytes) override {
        if (*full_) return fail(Errc::system, "write", 0, ENOSPC);
        return below_->write(path, bytes);
    }
    Result<void> rename(const std::string& from, const std::string& to) override {
        return below_->rename(from, to);
    }
    Result<void> sync_directory(const std::string& path) override { return below_->sync_directory(path); }
    Result<void> make_directory(const std::string& path) override { return below_->make_directory(path); }
    Result<void> remove(const std::string& path) override { return below_->remove(path); }

private:
    host::DurableFiles* below_;
    const bool* full_;
};

struct Kept {
    SetClock clock;
    tlog::NoteSigner key = new_key();
    host::MemoryFiles files;
    bool full = false;
    std::unique_ptr<Log> log = *Log::open("", std::make_unique<Full>(files, full), key, clock);

    journal::Fsck looked_through() {
        journal::NoteReader reader{key.verifier()};
        return journal::fsck(files, reader);
    }
};

const evidence::Bundle& sample() {
    static const auto bundle = evidence::test::visit(evidence::test::device(evidence::test::Hierarchy{}));
    return bundle;
}

std::vector<EvidenceIndex> indices(std::initializer_list<std::uint64_t> all) {
    return {all.begin(), all.end()};
}

// `busguard log rotate` leaves the last checkpoint under the key that was.
TEST(DaemonLog, GoesOnUnderANewKey) {
    SetClock clock;
    const host::TemporaryDirectory kept;
    host::MemoryFiles files;
    bool full = false;
    const auto old = new_key();
    const auto next = new_key();
    const auto open = [&](const tlog::NoteSigner& key, std::vector<tlog::VerifierKey> vkeys) {
        return Log::open(kept.path("log.db"), std::make_unique<Full>(files, full), key, clock,
                         std::move(vkeys));
    };
    {
        const auto log = *open(old, {});
        ASSERT_TRUE(log->keep(std::vector{&sample()}));
        ASSERT_TRUE(log->publish());
    }
    ASSERT_TRUE(files.write("log.vkey", as_bytes(journal::to_text(std::vector{old.verifier()}))));
    EXPECT_FALSE(open(next, {}));
    const auto vkeys = journal::vkeys_beside(files, next.verifier())->usable;
    EXPECT_EQ(vkeys, (std::vector{old.verifier(), next.verifier()}));
    const auto log = *open(next, vkeys);
    ASSERT_TRUE(log->keep(std::vector{&sample()}));
    ASSERT_TRUE(log->publish());
    journal::NoteReader by_new{next.verifier()};
    journal::NoteReader by_old{old.verifier()};
    EXPECT_TRUE(journal::fsck(files, by_new).clean());
    EXPECT_FALSE(journal::fsck(files, by_old).clean());
}

TEST(DaemonLog, GivesEvidenceBackByItsIndex) {
    Kept its;
    evidence::Bundle failed{.circumstances = {.device = drive, .transport = "doe"}};
    failed.failure = evidence::Ending{Errc::timeout, "VERSION", 0, 0};
    const std::array<const evidence::Bundle*, 2> both{&sample(), &failed};
    EXPECT_EQ(*its.log->keep(both), indices({0, 1}));
    const Note note = logbook::Change{.what = "policy.loaded"};
    ASSERT_TRUE(its.log->write_down({&note, 1}));
    EXPECT_EQ(*its.log->keep(both), indices({3, 4}));
    for (int twice = 0; twice < 2; ++twice) {
        EXPECT_EQ(evidence::to_json(*its.log->evidence(0)), evidence::to_json(sample()));
        EXPECT_EQ(evidence::to_json(*its.log->evidence(4)), evidence::to_json(failed));
        EXPECT_EQ(its.log->evidence(2).error().code, Errc::not_found) << "that is no evidence";
        EXPECT_EQ(its.log->evidence(5).error().code, Errc::not_found);
        ASSERT_TRUE(its.log->publish());
    }
    const auto found = its.looked_through();
    EXPECT_TRUE(found.clean());
    EXPECT_EQ(found.entries, 5U);
    EXPECT_EQ(found.blobs, 1U) << "one chain, shown six times";
}

// One device must not keep the evidence of others out.
TEST(DaemonLog, WhatIsTooLargeHasNoIndexAndHarmsNobody) {
    Kept its;
    auto large = sample();
    for (int n = 0; n < 260; ++n)
        large.measurements.push_back({.index = 9, .type = {}, .raw = true, .value = Bytes(0xffff)});
    const std::array<const evidence::Bundle*, 3> all{&sample(), &large, &sample()};
    EXPECT_EQ(*its.log->keep(all), (std::vector<EvidenceIndex>{0, std::nullopt, 1}));
}

TEST(DaemonLog, AFullDiskIsSaidAndLosesNothing) {
    Kept its;
    const auto* const bundle = &sample();
    ASSERT_TRUE(its.log->keep({&bundle, 1}));
    ASSERT_TRUE(its.log->publish());
    its.full = true;
    const auto another = evidence::test::visit(evidence::test::device(evidence::test::Hierarchy{}));
    const auto* const other = &another;
    const auto refused = its.log->keep({&other, 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().detail, static_cast<unsigned>(ENOSPC));
    EXPECT_EQ(its.log->size(), 1U);
    its.full = false;
    EXPECT_EQ(*its.log->keep({&other, 1}), indices({1}));
    ASSERT_TRUE(its.log->publish());
    EXPECT_TRUE(its.looked_through().clean());
    EXPECT_EQ(evidence::to_json(*its.log->evidence(1)), evidence::to_json(another));
}

TEST(DaemonLog, IsPublishedOnceForManyAndTriedAgain) {
    Kept its;
    drive::Loop loop{its.clock};
    int told = 0;
    LogPublishing publishing{
        *its.log, loop, std::chrono::milliseconds{200}, {}, [&](std::string_view, const Error&) { ++told; }};
    using std::chrono::milliseconds;
    EXPECT_EQ(publishing.resume(Time{})->until, Time{milliseconds{200}}) << "a log without entries is one";
    EXPECT_EQ(publishing.resume(milliseconds{200})->until, milliseconds{200} + LogPublishing::tidies);
    EXPECT_EQ(its.log->published(), 0U);
    const Note note = logbook::Change{.what = "policy.loaded"};
    ASSERT_TRUE(its.log->write_down({&note, 1}));
    EXPECT_EQ(publishing.resume(milliseconds{1000})->until, Time{milliseconds{1200}});
    ASSERT_TRUE(its.log->write_down({&note, 1}));
    EXPECT_EQ(publishing.resume(milliseconds{1100})->until, Time{milliseconds{1200}})
        << "the first one's time";
    its.full = true;
    EXPECT_EQ(publishing.resume(milliseconds{1200})->until, milliseconds{1200} + LogPublishing::retry);
    EXPECT_EQ(publishing.resume(milliseconds{6200})->until, milliseconds{6200} + LogPublishing::retry);
    EXPECT_EQ(told, 1) << "once, however long it lasts";
    its.full = false;
    EXPECT_EQ(publishing.resume(milliseconds{11200})->until, milliseconds{200} + LogPublishing::tidies);
    EXPECT_EQ(its.log->published(), 2U);
}

// A file of version 1, as the busguard before the log wrote it.
TEST(DaemonLog, TakesInWhatWasKeptBeforeThereWasALog) {
    const host::TemporaryDirectory directory;
    const auto path = directory.path("state.db");
    {
        auto old = *store::Database::open(path, 1, R"(
CREATE TABLE evidence (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, bundle TEXT NOT NULL) STRICT;
CREATE INDEX evidence_of_device ON evidence (device, id);
CREATE TABLE device (name TEXT PRIMARY KEY, identity TEXT NOT NULL, key TEXT NOT NULL, boot TEXT NOT NULL,
    let_in INTEGER NOT NULL, quarantine TEXT NOT NULL, override_before TEXT NOT NULL, once_tsm INTEGER NOT NULL, bound_before INTEGER NOT NULL) STRICT;
INSERT INTO device VALUES ('pci/0000:01:00.0', '', '', '', 0, 'device.changed', '', 0, 0))");
        auto insert = old.prepare("INSERT INTO evidence (device, bundle) VALUES (?1, ?2)");
        for (int n = 0; n < 150; ++n) {
            auto bundle = sample();
            bundle.circumstances.device = "pci/" + std::to_string(n);
            ASSERT_TRUE(insert.bind(1, "d").bind(2, evidence::to_json(bundle)).run());
        }
        ASSERT_TRUE(insert.bind(1, "d").bind(2, "not even JSON").run());
    }
    Kept its;
    for (int twice = 0; twice < 2; ++twice) {
        const auto memory = DurableMemory::open(path, *its.log);
        ASSERT_TRUE(memory) << memory.error().text();
        EXPECT_EQ(its.log->size(), 150U);
        EXPECT_EQ((*memory)->recall()->at(0).quarantine, "device.changed");
        EXPECT_EQ((*memory)->evidence(149)->circumstances.device, "pci/149");
    }
    auto now = *store::Database::open(path, 2, "");
    EXPECT_FALSE(now.run("SELECT * FROM evidence"));
}

struct KeyTest : testing::Test {
    host::TemporaryDirectory directory;
    Configuration configuration;
    KeyTest() {
        configuration.state = directory.path("state");
        configuration.log.origin = "test.example/log";
    }
};

TEST_F(KeyTest, IsMadeOnceForItsOwnerAlone) {
    const auto made = log_key(configuration);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ(made->verifier().name(), "test.example/log");
    struct stat status{};
    ASSERT_EQ(::stat(configuration.log_places().key.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    const auto again = log_key(configuration);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->verifier(), made->verifier());
    configuration.log.origin.clear();
    EXPECT_EQ(log_key(configuration)->verifier(), made->verifier()) << "the key says which log it is of";
    configuration.log.origin = "other.example/log";
    EXPECT_NE(log_key(configuration).error().text().find("test.example/log"), std::string::npos);
}

TEST_F(KeyTest, IsNotMadeForALogThatHasOne) {
    ASSERT_TRUE(host::make_directory(configuration.state + "/log"));
    ASSERT_TRUE(host::write_file(configuration.state + "/log/checkpoint", as_bytes("x")));
    const auto refused = log_key(configuration);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find("checkpoint"), std::string::npos);
    EXPECT_FALSE(refused.error().remedy.empty());
}

TEST_F(KeyTest, OfASecondLineIsMadeIfItIsWanted) {
    const auto none = second_log_key(configuration, "test.example/log");
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    configuration.log.ml_dsa = true;
    ASSERT_TRUE(host::make_directory(configuration.state));
    const auto made = second_log_key(configuration, "test.example/log");
    if (!crypto::supported(crypto::Scheme::ml_dsa_44)) {
        ASSERT_FALSE(made);
        EXPECT_NE(made.error().text().find("has no ML-DSA-44"), std::string::npos);
        GTEST_SKIP() << "NOT TESTED: this OpenSSL has no ML-DSA-44";
    }
    ASSERT_TRUE(made && *made);
    const auto path = configuration.log_places().key + ".ml-dsa-44";
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ((*second_log_key(configuration, "test.example/log"))->verifier(), (*made)->verifier());
    EXPECT_FALSE(second_log_key(configuration, "other.example/log"));
    auto first = new_key().to_skey();
    ASSERT_TRUE(host::write_file(path, as_bytes(first)));
    EXPECT_FALSE(second_log_key(configuration, "test.example/log")) << "an Ed25519 key";

    Kept kept;
    kept.log.reset();
    kept.log =
        *Log::open("", std::make_unique<Full>(kept.files, kept.full), kept.key, kept.clock, {}, **made);
    ASSERT_TRUE(kept.log->publish());
    const auto note =
        tlog::note_from_text(as_text(*kept.files.read("checkpoint", journal::largest_checkpoint)));
    ASSERT_TRUE(note);
    const std::vector keys{kept.key.verifier(), (*made)->verifier()};
    EXPECT_EQ(tlog::verify(*note, keys)->size(), 2U);
}

TEST_F(KeyTest, RefusesWhatIsNoKey) {
    ASSERT_TRUE(host::make_directory(configuration.state));
    for (const auto* text : {"", "PRIVATE+KEY+x\n", "\n"}) {
        ASSERT_TRUE(host::write_file(configuration.log_places().key, as_bytes(text)));
        EXPECT_FALSE(log_key(configuration)) << text;
    }
}

}  // namespace
}  // namespace busguard::daemon
