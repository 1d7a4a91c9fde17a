#include "web/served_log.h"

#include "tests/host/temporary_directory.h"

#include <gtest/gtest.h>

#include <array>

namespace busguard::web {
namespace {

using host::HttpRequest;
using host::HttpResponse;

HttpRequest get(std::string path, std::vector<host::HttpField> fields = {}) {
    return {.head = {.method = "GET", .path = std::move(path), .fields = std::move(fields)},
            .body = {},
            .peer = {}};
}

std::string field(const HttpResponse& response, std::string_view name) {
    for (const auto& each : response.fields)
        if (each.name == name) return each.value;
    return "";
}

std::string content(const HttpResponse& response) {
    if (!response.file.descriptor) return response.body;
    std::array<std::byte, 256> piece{};
    const auto got = host::read_piece(response.file, piece);
    return std::string{as_text(std::span{piece}.first(got ? *got : 0))};
}

class ServedLogTest : public testing::Test {
protected:
    ServedLogTest() {
        const std::vector<std::pair<std::string, std::string>> files{
            {"log/checkpoint", "a note\n"},
            {"log/tile/0/000", "hashes"},
            {"log/tile/0/x001/000.p/7", "some hashes"},
            {"log/tile/entries/000", "entries"},
            {std::string{"log/blob/"}.append(blob), "a blob"},
            {"log/blob/other", "secret"},
            {"log/tile/0/000.new", "secret"},
            {"log/log.db", "secret"},
            {"secret", "secret"}};
        for (const auto& [name, text] : files) folder.put(name, text);
        std::filesystem::create_directory(folder.path("log/tile/0/002"));
        folder.link("log/tile/0/003", "../../../secret");
    }
    unsigned status(const std::string& path) const { return log.answer(get(path)).status; }

    host::TemporaryDirectory folder;
    std::string blob = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1";
    ServedLog log = [this] {
        std::filesystem::create_directory(folder.path("log"));
        return *ServedLog::open(folder.path("log"));
    }();
};

// C2SP tlog-tiles, "Merkle Tree", "Log entries" and "Checkpoints".
TEST_F(ServedLogTest, GivesTilesAndBlobsForGood) {
    for (const auto& [path, expected] :
         std::vector<std::pair<std::string, std::string>>{{"/tile/0/000", "hashes"},
                                                          {"/tile/0/x001/000.p/7", "some hashes"},
                                                          {"/tile/entries/000", "entries"},
                                                          {std::string{"/blob/"}.append(blob), "a blob"}}) {
        const auto response = log.answer(get(path));
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(content(response), expected);
        EXPECT_EQ(response.length(), expected.size());
        EXPECT_EQ(field(response, "Content-Type"), "application/octet-stream");
        EXPECT_EQ(field(response, "Cache-Control"), "public, max-age=31536000, immutable");
    }
}

TEST_F(ServedLogTest, HasTheCheckpointAskedForAnewEachTime) {
    const auto first = log.answer(get("/checkpoint"));
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(content(first), "a note\n");
    EXPECT_EQ(field(first, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(field(first, "Cache-Control"), "no-cache");
    const auto tag = field(first, "ETag");
    EXPECT_EQ(tag.size(), 66U);
    EXPECT_EQ(log.answer(get("/checkpoint", {{"if-none-match", "\"x\", W/" + tag}})).status, 304);
    EXPECT_EQ(log.answer(get("/checkpoint", {{"if-none-match", "*"}})).status, 304);
    EXPECT_EQ(log.answer(get("/checkpoint", {{"if-none-match", "\"x\""}})).status, 200);

    folder.put("log/checkpoint", "b note\n");  // of the same size
    const auto second = log.answer(get("/checkpoint", {{"if-none-match", tag}}));
    EXPECT_EQ(second.status, 200);
    EXPECT_EQ(content(second), "b note\n");
    EXPECT_NE(field(second, "ETag"), tag);
}

TEST_F(ServedLogTest, HasNothingElse) {
    for (const std::string path : {"/",
                                   "/secret",
                                   "/../secret",
                                   "/tile/../../secret",
                                   "/tile/0/../../log.db",
                                   "//checkpoint",
                                   "/checkpoint/",
                                   "/./checkpoint",
                                   "/%63heckpoint",
                                   "/log.db",
                                   "/tile/0/000.new",
                                   "/tile/0/0",
                                   "/tile/0/001",
                                   "/tile/0/002",
                                   "/tile/0/003",
                                   "/tile/0/000.p/256",
                                   "/tile/0/000/",
                                   "/tile/00/000",
                                   "/tile",
                                   "/blob/",
                                   "/blob/other",
                                   "/blob/../checkpoint",
                                   "/checkpoint/x"}) {
        const auto response = log.answer(get(path));
        EXPECT_EQ(response.status, 404) << path;
        EXPECT_EQ(field(response, "Cache-Control"), "no-store") << path;  // it may be there soon
        EXPECT_FALSE(response.file.descriptor) << path;
    }
    EXPECT_EQ(status(std::string{"/blob/"}.append(64, 'b')), 404);
    EXPECT_EQ(status(std::string{"/blob/"}.append(63, 'a').append("A")), 404);
    EXPECT_EQ(status(std::string{"/blob/"}.append(blob).append("1")), 404);
}

TEST_F(ServedLogTest, IsReadOnly) {
    for (const auto* method : {"POST", "PUT", "DELETE", "get"}) {
        auto request = get("/checkpoint");
        request.head.method = method;
        const auto response = log.answer(request);
        EXPECT_EQ(response.status, 405) << method;
        EXPECT_EQ(field(response, "Allow"), "GET, HEAD");
    }
    auto request = get("/tile/0/000");
    request.head.method = "HEAD";
    EXPECT_EQ(log.answer(request).status, 200);
}

TEST(ServedLog, OfAnEmptyFolderHasNoCheckpointYet) {
    const host::TemporaryDirectory folder;
    EXPECT_EQ(ServedLog::open(folder.path())->answer(get("/checkpoint")).status, 404);
    EXPECT_EQ(ServedLog::open(folder.path("none")).error().code, Errc::not_found);
}

}  // namespace
}  // namespace busguard::web
