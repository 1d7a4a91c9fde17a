#include "tests/journal/disk_vfs.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <span>
#include <sqlite3.h>

// A virtual file system for SQLite (https://sqlite.org/vfs.html), version 1: without shared memory, which a
// database that one connection has for itself does not need.
namespace busguard::journal::test {
namespace {

using Effect = Disk::Verdict::Effect;

Disk* current = nullptr;

struct Open {
    sqlite3_file base;  // first: SQLite knows this part
    std::shared_ptr<Disk::File> file;
    std::string path;  // empty: a temporary one
};

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): SQLite allots szOsFile bytes
Open& of(sqlite3_file* file) { return *reinterpret_cast<Open*>(file); }

int code_of(const Disk::Verdict& verdict, int otherwise) {
    return verdict.error == ENOSPC ? SQLITE_FULL : otherwise;
}

int close_file(sqlite3_file* file) {
    of(file).file.~shared_ptr();
    using std::string;
    of(file).path.~string();
    return SQLITE_OK;
}

int read_file(sqlite3_file* file, void* into, int count, sqlite3_int64 offset) {
    const auto& bytes = of(file).file->now;
    if (current->step(false).error != 0) return SQLITE_IOERR_READ;
    const std::span room{static_cast<std::byte*>(into), static_cast<std::size_t>(count)};
    const auto from = std::min(static_cast<std::size_t>(offset), bytes.size());
    const auto there = std::min(room.size(), bytes.size() - from);
    std::ranges::copy(ByteView{bytes}.subspan(from, there), room.begin());
    std::ranges::fill(room.subspan(there), std::byte{0});
    return there == room.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

// Of so many bytes.
std::size_t reached(Effect effect, std::size_t size) {
    if (effect == Effect::none) return 0;
    return effect == Effect::half ? size / 2 : size;
}

int write_file(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    const auto verdict = current->step(true);
    const ByteView bytes{static_cast<const std::byte*>(from), static_cast<std::size_t>(count)};
    const auto done = reached(verdict.effect, bytes.size());
    if (done != 0) Disk::write(*of(file).file, static_cast<std::size_t>(offset), bytes.first(done));
    return verdict.error == 0 ? SQLITE_OK : code_of(verdict, SQLITE_IOERR_WRITE);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
    const auto verdict = current->step(false);
    if (verdict.effect != Effect::none) Disk::resize(*of(file).file, static_cast<std::size_t>(size));
    return verdict.error == 0 ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int sync_file(sqlite3_file* file, int) {
    const auto verdict = current->step(false);
    if (verdict.effect == Effect::all) {
        Disk::sync(*of(file).file);
        // SQLite's own file system for Unix syncs the directory with the file.
        current->sync_names(folder_of(of(file).path));
    }
    return verdict.error == 0 ? SQLITE_OK : code_of(verdict, SQLITE_IOERR_FSYNC);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(of(file).file->now.size());
    return SQLITE_OK;
}

int lock(sqlite3_file*, int) { return SQLITE_OK; }
int check_lock(sqlite3_file*, int* locked) {
    *locked = 0;
    return SQLITE_OK;
}
int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) { return 0; }

const sqlite3_io_methods methods{.iVersion = 1,
                                 .xClose = close_file,
                                 .xRead = read_file,
                                 .xWrite = write_file,
                                 .xTruncate = truncate_file,
                                 .xSync = sync_file,
                                 .xFileSize = file_size,
                                 .xLock = lock,
                                 .xUnlock = lock,
                                 .xCheckReservedLock = check_lock,
                                 .xFileControl = control,
                                 .xSectorSize = sector_size,
                                 .xDeviceCharacteristics = characteristics,
                                 .xShmMap = nullptr,
                                 .xShmLock = nullptr,
                                 .xShmBarrier = nullptr,
                                 .xShmUnmap = nullptr,
                                 .xFetch = nullptr,
                                 .xUnfetch = nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    file->pMethods = nullptr;
    const std::string path{name == nullptr ? "" : name};
    auto found = path.empty() ? std::make_shared<Disk::File>() : current->find(path);
    if (found == nullptr) {
        if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
        const auto verdict = current->step(true);
        if (verdict.effect != Effect::none) found = current->create(path);
        if (verdict.error != 0) return code_of(verdict, SQLITE_CANTOPEN);
    }
    new (&of(file).file) std::shared_ptr<Disk::File>{std::move(found)};
    new (&of(file).path) std::string{path};
    file->pMethods = &methods;
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int sync) {
    if (current->find(name) == nullptr) return SQLITE_IOERR_DELETE_NOENT;
    const auto verdict = current->step(false);
    if (verdict.effect != Effect::none) current->remove(name);
    if (verdict.effect == Effect::all && sync != 0) current->sync_names(folder_of(name));
    return verdict.error == 0 ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int access_file(sqlite3_vfs*, const char* name, int, int* there) {
    const auto file = current->find(name);
    *there = file != nullptr ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* into) {
    sqlite3_snprintf(size, into, "%s", name);
    return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int size, char* into) {
    std::memset(into, 7, static_cast<std::size_t>(size));
    return size;
}
int sleep_for(sqlite3_vfs*, int microseconds) { return microseconds; }
int current_time(sqlite3_vfs*, double* days) {
    *days = 2461000.5;
    return SQLITE_OK;
}
int last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs& vfs() {
    static sqlite3_vfs made{.iVersion = 1,
                            .szOsFile = sizeof(Open),
                            .mxPathname = 512,
                            .pNext = nullptr,
                            .zName = "busguard-test-disk",
                            .pAppData = nullptr,
                            .xOpen = open_file,
                            .xDelete = delete_file,
                            .xAccess = access_file,
                            .xFullPathname = full_path,
                            .xDlOpen = nullptr,
                            .xDlError = nullptr,
                            .xDlSym = nullptr,
                            .xDlClose = nullptr,
                            .xRandomness = randomness,
                            .xSleep = sleep_for,
                            .xCurrentTime = current_time,
                            .xGetLastError = last_error,
                            .xCurrentTimeInt64 = nullptr,
                            .xSetSystemCall = nullptr,
                            .xGetSystemCall = nullptr,
                            .xNextSystemCall = nullptr};
    return made;
}

}  // namespace

SqliteOnDisk::SqliteOnDisk(Disk& disk) {
    current = &disk;
    sqlite3_vfs_register(&vfs(), 1);
}

SqliteOnDisk::~SqliteOnDisk() {
    sqlite3_vfs_unregister(&vfs());
    current = nullptr;
}

}  // namespace busguard::journal::test
