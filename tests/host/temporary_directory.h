#pragma once

#include "base/bytes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace busguard::host {

/// A directory for one test, removed with its content.
class TemporaryDirectory {
public:
    TemporaryDirectory() : TemporaryDirectory{std::filesystem::temp_directory_path()} {}
    explicit TemporaryDirectory(const std::filesystem::path& above) {
        auto name = (above / "busguard-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::string path(const std::string& name = "") const { return name.empty() ? path_ : path_ + "/" + name; }

    /// Creates a file and the directories above it.
    void put(const std::string& name, ByteView content) const {
        std::filesystem::create_directories(std::filesystem::path{path(name)}.parent_path());
        std::ofstream{path(name), std::ios::binary} << as_text(content);
    }
    void put(const std::string& name, std::string_view content) const { put(name, as_bytes(content)); }
    void link(const std::string& name, const std::string& target) const {
        std::filesystem::create_directories(std::filesystem::path{path(name)}.parent_path());
        std::filesystem::create_symlink(target, path(name));
    }

private:
    std::string path_;
};

/// The wait status of a command that a shell runs.
inline int shell(const std::string& command) {
    return std::system(
        command.c_str());  // NOLINT(cert-env33-c,concurrency-mt-unsafe): what a user would type
}

}  // namespace busguard::host
