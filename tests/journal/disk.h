#pragma once

#include "host/durable_files.h"

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace busguard::journal::test {

/// What goes wrong at one step.
enum class Fault : std::uint8_t {
    none,
    error,        ///< EIO; nothing was done
    short_write,  ///< EIO; a write did half of it, anything else all
    no_space,     ///< ENOSPC after half of it, and for the next writes as well
    kill,         ///< the process ends before the step
    kill_after,   ///< the process ends after the step
    power_cut,    ///< the machine ends in the middle of the step: what was not synced may be there or not
};

/// A disk in memory that knows what would survive a power cut, under the journal's files and under SQLite's
/// (disk_vfs.h). Every call is a step; one of them may go wrong.
class Disk {
public:
    explicit Disk(unsigned seed = 0) : chance_{seed}, seed_{seed} {}

    void plan(std::size_t step, Fault fault) {
        planned_ = step;
        fault_ = fault;
    }
    std::size_t steps() const { return steps_; }
    bool past_the_fault() const { return planned_ != 0 && steps_ >= planned_; }
    /// The process or the machine is gone: nothing has an effect any more, until restart().
    bool dead() const { return dead_; }
    void restart();
    /// While somebody looks who is no part of the test: no faults, no steps.
    class Quiet {
    public:
        explicit Quiet(Disk& disk) : disk_{disk}, dead_{std::exchange(disk.dead_, false)} {
            disk_.quiet_ = true;
        }
        Quiet(const Quiet&) = delete;
        Quiet& operator=(const Quiet&) = delete;
        ~Quiet() {
            disk_.quiet_ = false;
            disk_.dead_ = dead_;
        }

    private:
        Disk& disk_;
        bool dead_;
    };

    struct File {
        struct Change {
            std::size_t offset = 0;
            Bytes bytes;
            std::optional<std::size_t> size;  // cut or extended to this, instead
        };
        Bytes now, durable;
        std::vector<Change> pending;
    };

    /// What a step is to do: how much of it, and the errno that it ends with.
    struct Verdict {
        enum class Effect : std::uint8_t { none, half, all } effect = Effect::all;
        int error = 0;
    };
    Verdict step(bool takes_room);

    std::shared_ptr<File> find(const std::string& path) const;
    std::shared_ptr<File> create(const std::string& path);
    static void write(File& file, std::size_t offset, ByteView bytes);
    static void resize(File& file, std::size_t size);
    static void sync(File& file);
    void rename(const std::string& from, const std::string& to);
    void remove(const std::string& path);
    void make_directory(const std::string& path);
    bool is_directory(const std::string& path) const {
        return path.empty() || directories_.now.contains(path);
    }
    /// The names in it become durable.
    void sync_names(const std::string& directory);
    std::vector<std::string> list(const std::string& directory) const;

private:
    template <class T>
    struct Names {
        T now, durable;
    };
    bool flip() { return seed_ > 1 ? (chance_() & 1U) != 0 : seed_ == 1; }
    void lose_power();

    Names<std::map<std::string, std::shared_ptr<File>>> files_;
    Names<std::set<std::string>> directories_;
    std::size_t steps_ = 0, planned_ = 0, full_for_ = 0;
    Fault fault_ = Fault::none;
    bool dead_ = false, cut_ = false, quiet_ = false;
    std::minstd_rand chance_;
    unsigned seed_;  // 0: nothing that was not synced survives a power cut; 1: all of it does
};

/// The journal's files on it.
class DiskFiles final : public host::DurableFiles {
public:
    explicit DiskFiles(Disk& disk) : disk_{disk} {}

    Result<Bytes> read(const std::string& path, std::size_t limit) override;
    Result<bool> exists(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& path) override;
    Result<void> write(const std::string& path, ByteView bytes) override;
    Result<void> rename(const std::string& from, const std::string& to) override;
    Result<void> sync_directory(const std::string& path) override;
    Result<void> make_directory(const std::string& path) override;
    Result<void> remove(const std::string& path) override;

private:
    template <class Act>
    Result<void> act(bool takes_room, const Act& all);

    Disk& disk_;
};

std::string folder_of(const std::string& path);

}  // namespace busguard::journal::test
