#include "daemon/attempt_errno.h"
#include "daemon/file_abi.h"
#include "host/clock.h"
#include "tests/scenario/world.h"

#include <cerrno>
#include <mutex>

/// A kernel that speaks SPDM itself (the CMA series): it has the mailboxes, and busguard judges what the
/// devices signed, whatever the kernel thinks of it.
namespace busguard::daemon {
namespace {

constexpr auto its_drive = "0000:01:00.0";
constexpr auto strangers = "0000:01:02.0";
constexpr auto unable = "0000:01:03.0";
constexpr std::string_view pci_devices = "bus/pci/devices/";

/// Such a kernel over a machine: the series' files below each device that can be authenticated, as FileAbi
/// has them (its tests hold it to the series), and the machine's for all the rest. The devices that it speaks
/// to are those of a machine of its own, for it works in the threads of those who ask.
class CmaKernel final : public host::FileTree {
public:
    CmaKernel(host::FileTree& below, const emulate::MachineDescription& description) : below_{&below} {
        // The other machine's authorities, so that its devices have the chains that busguard trusts.
        auto made = emulate::Machine::make(description, keys.path(), clock_, entropy_);
        if (!made) throw std::runtime_error{made.error().text()};
        machine_ = *std::move(made);
        for (const auto* address : {its_drive, strangers, unable})
            (void)abi_.show({.device = name_of(address), .support = DeviceView::Support::present});
    }

    static inline const host::TemporaryDirectory keys;

    bool believes_everybody = false;   ///< `authenticated` is 1, whatever the device said
    bool replays = false;              ///< it takes a nonce of its own
    std::map<std::string, int> fails;  ///< the errno of each attempt, without asking the device
    std::size_t attempts = 0;

    Result<std::vector<std::string>> list(std::string_view path) const override {
        const std::scoped_lock lock{mutex_};
        const auto own = own_path(path);
        return own ? files_.list(*own) : below_->list(path);
    }
    Result<Bytes> read(std::string_view path, std::size_t limit) const override {
        const std::scoped_lock lock{mutex_};
        const auto own = own_path(path);
        if (own && believes_everybody && own->ends_with("/authenticated")) return to_bytes(as_bytes("1\n"));
        return own ? files_.read(*own, limit) : below_->read(path, limit);
    }
    Result<void> write(std::string_view path, ByteView bytes) override {
        const std::scoped_lock lock{mutex_};
        const auto own = own_path(path);
        return own ? files_.write(*own, bytes) : below_->write(path, bytes);
    }
    Result<std::string> link(std::string_view path) const override {
        const std::scoped_lock lock{mutex_};
        const auto own = own_path(path);
        return own ? files_.link(*own) : below_->link(path);
    }
    Result<std::unique_ptr<host::File>> open(std::string_view path, host::Access access) override {
        const std::scoped_lock lock{mutex_};
        if (path.ends_with("/config") && access != host::Access::read) opened.emplace(path);
        return below_->open(path, access);
    }
    bool exists(std::string_view path) const override {
        const std::scoped_lock lock{mutex_};
        const auto own = own_path(path);
        return own ? files_.exists(*own) : below_->exists(path);
    }

    std::set<std::string> opened;  ///< `config` files, by others: it has the mailboxes

private:
    static std::string name_of(std::string_view address) { return std::string{"pci/"}.append(address); }

    /// Of a file of the series; nothing for all others.
    std::optional<std::string> own_path(std::string_view path) const {
        if (!path.starts_with(pci_devices)) return std::nullopt;
        path.remove_prefix(pci_devices.size());
        const auto slash = std::min(path.find('/'), path.size());
        const auto name = name_of(path.substr(0, slash));
        const auto rest = path.substr(slash);
        if (abi_.view(name) == nullptr) return std::nullopt;
        const auto first = rest.substr(0, rest.find('/', 1));
        if (first != "/authenticated" && first != "/certificates" && first != "/signatures")
            return std::nullopt;
        return name + std::string{rest};
    }

    void attempt(const std::string& device, const FileAbi::Actions::Done& done) {
        ++attempts;
        if (const auto told = fails.find(device); told != fails.end()) {
            done(told->second);
            return;
        }
        auto nonce = abi_.take_nonce(device);
        if (replays) nonce.reset();
        const examine::Surroundings around{.tree = &machine_->tree(),
                                           .clock = &clock_,
                                           .entropy = &entropy_,
                                           .locks = {},
                                           .recorded_by = {}};
        const auto visited = examine::visit_all(around, {device}, {.plan = {}, .nonce = nonce}).front();
        const auto verdict = examine::Judge{{}}(visited);  // its keyring is empty
        auto view = *abi_.view(device);
        take_in(view, visited, verdict);
        (void)abi_.show(std::move(view));
        if (visited.bundle) {
            kept_.push_back(*visited.bundle);
            abi_.record(device, kept_.size() - 1, kept_.back());
        }
        done(errno_of(visited, verdict));
    }

    host::FileTree* below_;
    host::SystemClock clock_;
    RepeatableEntropy entropy_;
    std::unique_ptr<emulate::Machine> machine_;
    mutable std::mutex mutex_;
    host::NodeTree files_;
    std::vector<evidence::Bundle> kept_;
    FileAbi abi_{files_,
                 clock_,
                 {.reauthenticate = [this](const auto& device, const auto& done) { attempt(device, done); },
                  .release = {},
                  .claim = {},
                  .load = [this](const RecordPlace& place) -> Result<evidence::Record> {
                      return kept_.at(place.evidence).records.at(place.record);
                  }}};
};

class KernelOwned : public testing::Test {
protected:
    void begin() {
        auto made =
            emulate::Machine::make(world.description, CmaKernel::keys.path(), world.clock, world.entropy);
        ASSERT_TRUE(made) << made.error().text();
        world.machine = *std::move(made);
        kernel.emplace(world.machine->tree(), world.description);
        world.sys.emplace(*kernel, world.fate);
    }
    void settle() {
        world.start();
        world.settle();
    }
    std::string file(std::string_view name, std::string_view device = its_drive) const {
        const auto bytes =
            kernel->read(std::string{pci_devices}.append(device).append("/").append(name), 65536);
        return bytes ? std::string{as_text(*bytes)} : "";
    }

    World world;
    std::optional<CmaKernel> kernel;
};

TEST_F(KernelOwned, ItsEvidenceIsJudgedAndNotItsOpinion) {
    begin();
    settle();
    EXPECT_EQ(world.at(its_drive).owner.text(), "kernel");
    EXPECT_EQ(world.at(its_drive).verdict->state, appraisal::State::authenticated) << world.reason(its_drive);
    EXPECT_EQ(file("authenticated"), "0\n") << "its keyring is empty";
    EXPECT_EQ(world.driver(its_drive), "nvme");
    EXPECT_EQ(world.reason(strangers), "chain.untrusted-root");
    EXPECT_EQ(world.driver(strangers), "");
    EXPECT_EQ(world.reason(unable), "signature.invalid");
    EXPECT_EQ(world.driver(unable), "");

    kernel->believes_everybody = true;
    for (const auto* device : {strangers, unable}) {
        EXPECT_TRUE(world.guard->examine("pci/" + std::string{device}, [](const auto&, const auto&) {}));
        world.settle();
        EXPECT_EQ(file("authenticated", device), "1\n");
        EXPECT_EQ(world.at(device).verdict->state, appraisal::State::failed);
        EXPECT_EQ(world.driver(device), "");
    }
}

TEST_F(KernelOwned, NobodyElseOpensItsMailbox) {
    begin();
    settle();
    for (const auto* device : {its_drive, strangers, unable})
        EXPECT_FALSE(kernel->opened.contains(std::string{pci_devices}.append(device).append("/config")));
    EXPECT_TRUE(kernel->opened.contains(std::string{pci_devices}.append("0000:01:01.0/config")));
    EXPECT_EQ(kernel->attempts, 4U);  // the one that is let in once more, directly before
}

TEST_F(KernelOwned, AnAnswerToAnotherQuestionDoesNotCount) {
    begin();
    kernel->replays = true;
    settle();
    EXPECT_EQ(world.reason(its_drive), "freshness.nonce-mismatch");
    EXPECT_EQ(world.driver(its_drive), "");
}

TEST_F(KernelOwned, WhatItCouldNotDoIsSaid) {
    const auto table = std::to_array<std::pair<int, std::string_view>>({
        {ENOTTY, "owner.kernel"},
        {EIO, "transport.timeout"},
        {EPROTO, "protocol.unexpected"},
        {EBUSY, "protocol.not-ready"},
        {EINVAL, "protocol.peer-error"},
        {EPROTONOSUPPORT, "device.no-challenge"},
    });
    begin();
    world.start();
    for (const auto& [error, reason] : table) {
        kernel->fails[std::string{"pci/"} + its_drive] = error;
        EXPECT_TRUE(world.guard->examine(std::string{"pci/"} + its_drive, [](const auto&, const auto&) {}));
        world.settle();
        EXPECT_EQ(world.reason(its_drive), reason) << error;
        EXPECT_EQ(world.driver(its_drive), "") << error;
    }
}

// Each attempt adds an entry; the one with our nonce counts, wherever it stands.
TEST_F(KernelOwned, SomebodyElseMayAskItToo) {
    begin();
    settle();
    const auto path = std::string{pci_devices}.append(its_drive).append("/authenticated");
    for (int n = 0; n < 3; ++n) {
        (void)kernel->write(path, as_bytes("re"));
        EXPECT_TRUE(world.guard->examine(std::string{"pci/"} + its_drive, [](const auto&, const auto&) {}));
        world.settle();
        EXPECT_EQ(world.at(its_drive).verdict->state, appraisal::State::authenticated);
    }
}

}  // namespace
}  // namespace busguard::daemon
