#include "journal/shelf.h"

#include "tlog/entry_bundle.h"

namespace busguard::journal {
namespace {

// "" of a name without '/'.
std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

}  // namespace

Result<Bytes> Shelf::read(const tlog::TilePath& path) {
    return files_.read(tlog::text(path), tlog::largest_resource);
}

Result<void> Shelf::put(const std::string& path, ByteView bytes) {
    // Also when the file is there: a process before this one may have been killed before its last step.
    TRY(make_way(path));
    const auto found = files_.read(path, bytes.size());
    if (found ? !same(*found, bytes) : found.error().code == Errc::too_large)
        return fail(Errc::mismatch, "file");
    if (found) {
        unsettled_.insert(folder_of(path));
        return {};
    }
    if (found.error().code != Errc::not_found) return fail(found.error());
    return write(path, bytes);
}

Result<void> Shelf::replace(const std::string& path, ByteView bytes) {
    TRY(make_way(path));
    TRY(write(path, bytes));
    return settle();
}

Result<void> Shelf::write(const std::string& path, ByteView bytes) {
    const auto draft = std::string{path}.append(".new");
    TRY(files_.write(draft, bytes));
    unsettled_.insert(folder_of(path));
    return files_.rename(draft, path);
}

Result<void> Shelf::make_way(const std::string& path) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const auto folder = path.substr(0, slash);
        if (made_.contains(folder)) continue;
        TRY(files_.make_directory(folder));
        unsettled_.insert(folder_of(folder));
        made_.insert(folder);
    }
    return {};
}

Result<void> Shelf::settle() {
    while (!unsettled_.empty()) {
        TRY(files_.sync_directory(*unsettled_.begin()));
        unsettled_.erase(unsettled_.begin());
    }
    return {};
}

Result<void> Shelf::remove(const std::string& path) {
    TRY(files_.remove(path));
    auto folder = folder_of(path);
    if (TRY(files_.exists(folder))) unsettled_.insert(std::move(folder));
    return {};
}

Result<void> Shelf::remove_folder(const std::string& path) {
    const auto names = files_.list(path);
    if (!names && names.error().code == Errc::not_found) return {};
    if (!names) return fail(names.error());
    made_.erase(path);
    unsettled_.erase(path);
    for (const auto& name : *names) TRY(files_.remove(std::string{path}.append(1, '/').append(name)));
    return remove(path);
}

}  // namespace busguard::journal
