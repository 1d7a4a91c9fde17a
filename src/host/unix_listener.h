#pragma once

#include "base/problem.h"
#include "host/descriptor.h"

#include <functional>
#include <string>

namespace busguard::host {

/// Answers each connection to a socket in the file system with one text, as HTTP/1.0: for whoever reads
/// metrics. Only for short answers to local users that are trusted: a client is given a tenth of a second.
class TextListener {
public:
    /// Takes the place of a socket that an earlier process left there. `mode` are its permissions. Problems:
    /// what the system says.
    static Checked<TextListener> at(const std::string& path, std::uint32_t mode);
    TextListener(TextListener&&) = default;
    TextListener& operator=(TextListener&&) = delete;
    TextListener(const TextListener&) = delete;
    TextListener& operator=(const TextListener&) = delete;
    ~TextListener();

    /// Answers those that wait.
    void answer(const std::function<std::string()>& text);
    /// Readable when somebody waits.
    int descriptor() const { return socket_.number(); }

private:
    TextListener(Descriptor socket, std::string path) : socket_{std::move(socket)}, path_{std::move(path)} {}

    Descriptor socket_;
    std::string path_;  // empty: moved from
};

}  // namespace busguard::host
