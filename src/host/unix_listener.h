#pragma once

#include "base/problem.h"
#include "host/descriptor.h"

#include <deque>
#include <functional>
#include <string>

namespace busguard::host {

/// Answers each connection to a socket in the file system with one text, as HTTP/1.0: for whoever reads
/// metrics. It never waits for a client: of those that connect and do not ask the oldest goes when there are
/// too many. A text that is longer than the socket's buffer (some 200 KiB) is cut.
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

    /// Answers those that asked.
    void answer(const std::function<std::string()>& text);
    /// Readable when somebody asks.
    int descriptor() const { return any_.number(); }

private:
    struct Client {
        Descriptor socket;
        std::string request;
    };

    TextListener(Descriptor socket, Descriptor any, std::string path)
        : socket_{std::move(socket)}, any_{std::move(any)}, path_{std::move(path)} {}
    void take_in();

    Descriptor socket_;
    Descriptor any_;              // epoll(7): the socket and the clients
    std::deque<Client> clients_;  // the oldest first
    std::string path_;            // empty: moved from
};

}  // namespace busguard::host
