#include "tests/journal/disk.h"

#include <algorithm>
#include <cerrno>

namespace busguard::journal::test {
namespace {

using Effect = Disk::Verdict::Effect;
constexpr std::size_t writes_without_room = 5;

void carry_out(Bytes& bytes, const Disk::File::Change& change) {
    if (change.size) {
        bytes.resize(*change.size);
        return;
    }
    bytes.resize(std::max(bytes.size(), change.offset + change.bytes.size()));
    std::ranges::copy(change.bytes, bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

Failure<Error> failed(int code) { return fail(host::system_error(code, "disk")); }

}  // namespace

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

Disk::Verdict Disk::step(bool takes_room) {
    if (quiet_) return {};
    if (dead_) return {Effect::none, EIO};
    ++steps_;
    if (full_for_ > 0 && takes_room) {
        --full_for_;
        return {Effect::half, ENOSPC};
    }
    if (steps_ != planned_) return {};
    switch (fault_) {
        case Fault::none: return {};
        case Fault::error: return {Effect::none, EIO};
        case Fault::short_write: return {Effect::half, EIO};
        case Fault::no_space: {
            full_for_ = writes_without_room;
            return takes_room ? Verdict{Effect::half, ENOSPC} : Verdict{};
        }
        case Fault::kill: dead_ = true; return {Effect::none, EIO};
        case Fault::kill_after: dead_ = true; return {Effect::all, EIO};
        case Fault::power_cut: dead_ = cut_ = true; return {Effect::half, EIO};
    }
    return {};
}

void Disk::restart() {
    if (std::exchange(cut_, false)) lose_power();
    dead_ = false;
    full_for_ = 0;
}

void Disk::lose_power() {
    // Names first: each change of a name that was not synced is there, or is not.
    for (const auto& [name, file] : files_.now)
        if (files_.durable[name] != file && flip()) files_.durable[name] = file;
    std::erase_if(files_.durable, [&](const auto& its) {
        return its.second == nullptr || (!files_.now.contains(its.first) && flip());
    });
    for (const auto& name : directories_.now)
        if (flip()) directories_.durable.insert(name);
    std::erase_if(directories_.durable,
                  [&](const auto& name) { return !directories_.now.contains(name) && flip(); });
    // What stands in a directory that is lost is lost.
    const auto lost = [&](const std::string& name) {
        for (auto above = folder_of(name); !above.empty(); above = folder_of(above))
            if (!directories_.durable.contains(above)) return true;
        return false;
    };
    std::erase_if(directories_.durable, lost);
    std::erase_if(files_.durable, [&](const auto& its) { return lost(its.first); });
    files_.now = files_.durable;
    directories_.now = directories_.durable;
    for (const auto& [name, file] : files_.now) {
        for (const auto& change : file->pending)
            if (flip()) carry_out(file->durable, change);
        file->now = file->durable;
        file->pending.clear();
    }
}

std::shared_ptr<Disk::File> Disk::find(const std::string& path) const {
    const auto found = files_.now.find(path);
    return found == files_.now.end() ? nullptr : found->second;
}

std::shared_ptr<Disk::File> Disk::create(const std::string& path) {
    auto& file = files_.now[path];
    if (file == nullptr) file = std::make_shared<File>();
    return file;
}

void Disk::write(File& file, std::size_t offset, ByteView bytes) {
    file.pending.push_back({offset, to_bytes(bytes), {}});
    carry_out(file.now, file.pending.back());
}

void Disk::resize(File& file, std::size_t size) {
    file.pending.push_back({0, {}, size});
    carry_out(file.now, file.pending.back());
}

void Disk::sync(File& file) {
    file.durable = file.now;
    file.pending.clear();
}

void Disk::rename(const std::string& from, const std::string& to) {
    files_.now[to] = files_.now.at(from);
    files_.now.erase(from);
}

void Disk::remove(const std::string& path) {
    files_.now.erase(path);
    directories_.now.erase(path);
}

void Disk::make_directory(const std::string& path) { directories_.now.insert(path); }

void Disk::sync_names(const std::string& directory) {
    const auto here = [&](const std::string& name) { return folder_of(name) == directory; };
    std::erase_if(files_.durable, [&](const auto& its) { return here(its.first); });
    std::erase_if(directories_.durable, here);
    for (const auto& its : files_.now)
        if (here(its.first)) files_.durable.insert(its);
    for (const auto& name : directories_.now)
        if (here(name)) directories_.durable.insert(name);
}

std::vector<std::string> Disk::list(const std::string& directory) const {
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (folder_of(name) == directory)
            names.push_back(directory.empty() ? name : name.substr(directory.size() + 1));
    };
    for (const auto& [name, file] : files_.now) add(name);
    for (const auto& name : directories_.now) add(name);
    std::ranges::sort(names);
    return names;
}

template <class Act>
Result<void> DiskFiles::act(bool takes_room, const Act& all) {
    const auto verdict = disk_.step(takes_room);
    if (verdict.effect != Effect::none) all();
    if (verdict.error != 0) return failed(verdict.error);
    return {};
}

Result<Bytes> DiskFiles::read(const std::string& path, std::size_t limit) {
    if (const auto verdict = disk_.step(false); verdict.error != 0) return failed(verdict.error);
    const auto file = disk_.find(path);
    if (file == nullptr) return failed(ENOENT);
    if (file->now.size() > limit) return fail(Errc::too_large, "file");
    return file->now;
}

Result<bool> DiskFiles::exists(const std::string& path) {
    if (const auto verdict = disk_.step(false); verdict.error != 0) return failed(verdict.error);
    return disk_.find(path) != nullptr || disk_.is_directory(path);
}

Result<std::vector<std::string>> DiskFiles::list(const std::string& path) {
    if (const auto verdict = disk_.step(false); verdict.error != 0) return failed(verdict.error);
    if (!disk_.is_directory(path)) return failed(ENOENT);
    return disk_.list(path);
}

// Two steps, as there are two calls: half a file may come of the first, a whole one that is not on the disk
// of the second.
Result<void> DiskFiles::write(const std::string& path, ByteView bytes) {
    if (!disk_.is_directory(folder_of(path))) return failed(ENOENT);
    const auto verdict = disk_.step(true);
    if (verdict.effect == Effect::none) return failed(verdict.error);
    const auto file = disk_.create(path);
    Disk::resize(*file, 0);
    Disk::write(*file, 0, verdict.effect == Effect::half ? bytes.first(bytes.size() / 2) : bytes);
    if (verdict.error != 0) return failed(verdict.error);
    return act(false, [&] { Disk::sync(*file); });
}

Result<void> DiskFiles::rename(const std::string& from, const std::string& to) {
    if (disk_.find(from) == nullptr) return failed(disk_.dead() ? EIO : ENOENT);
    return act(false, [&] { disk_.rename(from, to); });
}

Result<void> DiskFiles::sync_directory(const std::string& path) {
    if (!disk_.is_directory(path)) return failed(ENOENT);
    return act(false, [&] { disk_.sync_names(path); });
}

Result<void> DiskFiles::make_directory(const std::string& path) {
    if (!disk_.is_directory(folder_of(path))) return failed(ENOENT);
    return act(true, [&] { disk_.make_directory(path); });
}

Result<void> DiskFiles::remove(const std::string& path) {
    if (disk_.is_directory(path) && !disk_.list(path).empty()) return failed(ENOTEMPTY);
    return act(false, [&] { disk_.remove(path); });
}

}  // namespace busguard::journal::test
