#include "host/memory_files.h"

#include <cerrno>

namespace busguard::host {
namespace {

Failure<Error> missing() { return fail(Errc::not_found, "open", 0, ENOENT); }

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

}  // namespace

Result<Bytes> MemoryFiles::read(const std::string& path, std::size_t limit) {
    const auto found = files_.find(path);
    if (found == files_.end()) return missing();
    if (found->second.size() > limit) return fail(Errc::too_large, "file", limit);
    return found->second;
}

Result<bool> MemoryFiles::exists(const std::string& path) {
    return files_.contains(path) || directories_.contains(path);
}

Result<std::vector<std::string>> MemoryFiles::list(const std::string& path) {
    if (!directories_.contains(path)) return missing();
    std::set<std::string> names;
    const auto take = [&](const std::string& one) {
        if (!one.empty() && folder_of(one) == path)
            names.insert(path.empty() ? one : one.substr(path.size() + 1));
    };
    for (const auto& [file, bytes] : files_) take(file);
    for (const auto& directory : directories_) take(directory);
    return std::vector<std::string>{names.begin(), names.end()};
}

Result<void> MemoryFiles::write(const std::string& path, ByteView bytes) {
    if (!directories_.contains(folder_of(path))) return missing();
    files_[path] = to_bytes(bytes);
    return {};
}

Result<void> MemoryFiles::rename(const std::string& from, const std::string& to) {
    if (!directories_.contains(folder_of(to))) return missing();
    auto file = files_.extract(from);
    if (file.empty()) return missing();
    files_[to] = std::move(file.mapped());
    return {};
}

Result<void> MemoryFiles::sync_directory(const std::string& path) {
    if (!directories_.contains(path)) return missing();
    return {};
}

Result<void> MemoryFiles::make_directory(const std::string& path) {
    if (!directories_.contains(folder_of(path))) return missing();
    directories_.insert(path);
    return {};
}

Result<void> MemoryFiles::remove(const std::string& path) {
    if (directories_.contains(path)) {
        if (!TRY(list(path)).empty()) return fail(Errc::system, "remove", 0, ENOTEMPTY);
        directories_.erase(path);
    }
    files_.erase(path);
    return {};
}

}  // namespace busguard::host
