#pragma once

#include "tests/journal/disk.h"

namespace busguard::journal::test {

/// While it lives, every SQLite database of this process stands on the disk.
class SqliteOnDisk {
public:
    explicit SqliteOnDisk(Disk& disk);
    SqliteOnDisk(const SqliteOnDisk&) = delete;
    SqliteOnDisk& operator=(const SqliteOnDisk&) = delete;
    ~SqliteOnDisk();
};

}  // namespace busguard::journal::test
