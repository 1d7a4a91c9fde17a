#include "host/unix_listener.h"

#include "tests/host/temporary_directory.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <poll.h>
#include <unistd.h>
#include <vector>

namespace busguard::host {
namespace {

struct Listening : testing::Test {
    Listening() : listener{*TextListener::at(path, 0600)} {}

    Descriptor connected() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(&address.sun_path[0], path.data(), path.size());
        Descriptor client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        EXPECT_EQ(::connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        return client;
    }
    static void say(const Descriptor& client, std::string_view text) {
        EXPECT_EQ(::send(client.number(), text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
    }
    static std::string heard(const Descriptor& client) {
        std::array<char, 1024> text{};
        const auto count = ::recv(client.number(), text.data(), text.size(), MSG_DONTWAIT);
        return count < 0 ? "nothing" : std::string{text.data(), static_cast<std::size_t>(count)};
    }
    void answer() {
        listener.answer([&] {
            ++asked;
            return std::string{"text\n"};
        });
    }
    bool is_ready() const {
        pollfd one{.fd = listener.descriptor(), .events = POLLIN, .revents = 0};
        return ::poll(&one, 1, 0) == 1;
    }

    TemporaryDirectory directory;
    std::string path = directory.path("socket");
    TextListener listener;
    int asked = 0;
};

TEST_F(Listening, AnswersWhoAsks) {
    EXPECT_FALSE(is_ready());
    const auto one = connected();
    const auto other = connected();
    EXPECT_TRUE(is_ready());
    answer();
    EXPECT_EQ(heard(one), "nothing") << "it has not asked";
    EXPECT_FALSE(is_ready());
    say(one, "GET / HTTP/1.0\r\n");
    answer();
    EXPECT_EQ(heard(one), "nothing") << "it goes on";
    say(one, "\r\n");
    say(other, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(is_ready());
    answer();
    for (const auto* each : {&one, &other})
        EXPECT_EQ(heard(*each),
                  "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: "
                  "5\r\n\r\ntext\n");
    EXPECT_EQ(heard(one), "") << "the end";
    EXPECT_EQ(asked, 1) << "one text for all that ask at once";
    EXPECT_FALSE(is_ready());
}

TEST_F(Listening, IsNotHeldUpByWhoDoesNot) {
    std::vector<Descriptor> silent;
    for (int n = 0; n < 40; ++n) {
        silent.push_back(connected());
        answer();
    }
    const auto asks = connected();
    say(asks, "GET / HTTP/1.0\r\n\r\n");
    answer();
    EXPECT_TRUE(heard(asks).ends_with("text\n"));
    EXPECT_EQ(heard(silent.front()), "") << "the oldest had to go";
    EXPECT_EQ(heard(silent.back()), "nothing") << "the newest may still ask";
    const auto endless = connected();
    say(endless, std::string(9000, 'x'));
    answer();
    EXPECT_TRUE(heard(endless).starts_with("HTTP/1.0 200 OK")) << "so much is no request";
}

TEST_F(Listening, ForgetsWhoHangsUp) {
    {
        const auto gone = connected();
    }
    EXPECT_TRUE(is_ready());
    answer();
    answer();
    EXPECT_FALSE(is_ready());
}

}  // namespace
}  // namespace busguard::host
