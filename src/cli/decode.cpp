#include "base/hex.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/text.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "spdm/dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace busguard::cli {
namespace {

struct DecodeOptions {
    std::string file = "-";
    bool hex = false;
    bool all_bytes = false;
    std::string hash;
    std::string asym;
};

/// Does it look like hex digits and white space, and nothing else? An SPDM message begins with 0x10 to 0x1f,
/// which is no such character.
bool looks_like_hex(ByteView bytes) {
    const auto text = as_text(bytes);
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF \t\r\n") == std::string_view::npos;
}

Tried<spdm::Assumed> assumed(const DecodeOptions& options) {
    spdm::Assumed known;
    if (!options.hash.empty()) known.hash = crypto::size(*crypto::hash_named(options.hash));
    if (!options.asym.empty()) known.signature = crypto::signature_size(*crypto::scheme_named(options.asym));
    return known;
}

Tried<Bytes> input(const Session& session, const DecodeOptions& options) {
    auto bytes = TRY(read_input(session, options.file));
    if (!options.hex && !looks_like_hex(bytes)) return bytes;
    auto decoded = from_hex(as_text(bytes));
    if (decoded) return *std::move(decoded);
    const auto before = as_text(bytes).substr(0, decoded.error().offset);
    const auto line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
    return trouble("file", {.where = options.file == "-" ? "standard input" : options.file,
                            .line = line,
                            .field = {},
                            .message = decoded.error().code == Errc::truncated
                                           ? "half a byte at the end of the hex digits"
                                           : "not a hex digit",
                            .remedy = "give binary data without --hex, or digits 0-9 a-f only"});
}

std::string what_is_wrong(const Error& error) {
    return fmt::format("{}: {} at offset {}", name(error.code), error.what, error.offset);
}

Json to_json(const spdm::DumpedField& field, ByteView bytes) {
    return {{"offset", field.offset},
            {"size", field.size},
            {"name", field.name},
            {"bytes", to_hex(bytes.subspan(field.offset, field.size))},
            {"value", field.number ? Json(*field.number) : Json(nullptr)},
            {"meaning", text_or_null(printable(field.meaning))}};
}

Json to_json(const spdm::DumpedMessage& message, ByteView bytes) {
    Json fields = Json::array();
    for (const auto& field : message.fields) fields.push_back(to_json(field, bytes));
    Json error = nullptr;
    if (message.broken)
        error = {{"code", name(message.broken->code)},
                 {"field", message.broken->what},
                 {"offset", message.broken->offset}};
    return {{"name", message.name},
            {"code", message.code ? Json(static_cast<unsigned>(*message.code)) : Json(nullptr)},
            {"version", message.version ? Json(name(*message.version)) : Json(nullptr)},
            {"offset", message.offset},
            {"size", message.size},
            {"note", text_or_null(message.note)},
            {"error", std::move(error)},
            {"fields", std::move(fields)}};
}

constexpr std::size_t bytes_a_line = 16;
constexpr std::size_t lines_of_a_field = 4;

std::string spaced(ByteView bytes) {
    std::string out;
    for (auto byte : bytes)
        out += fmt::format("{}{:02x}", out.empty() ? "" : " ", std::to_integer<unsigned>(byte));
    return out;
}

void add_rows(Table& table, const spdm::DumpedField& field, ByteView bytes, bool all) {
    const auto whole = bytes.subspan(field.offset, field.size);
    const auto value =
        field.number && field.size > 1 && field.name != "Reserved" ? fmt::format("{}", *field.number) : "";
    const auto shown = field.meaning.empty() ? value : printable(field.meaning);
    for (std::size_t at = 0; at == 0 || at < whole.size(); at += bytes_a_line) {
        const auto part = whole.subspan(at, std::min(bytes_a_line, whole.size() - at));
        const bool first = at == 0;
        if (!all && at / bytes_a_line == lines_of_a_field && whole.size() - at > bytes_a_line) {
            table.row({{""}, {fmt::format("... {} more bytes", whole.size() - at), Tone::quiet}});
            return;
        }
        table.row({{fmt::format("{:06x}", field.offset + at), Tone::quiet},
                   {spaced(part)},
                   {first ? std::string{field.name} : ""},
                   {first ? shown : ""}});
    }
}

std::string text(const std::vector<spdm::DumpedMessage>& messages, ByteView bytes, bool all, bool colour) {
    Table table{{"OFFSET", "BYTES", "FIELD", "VALUE"}};
    for (const auto& message : messages) {
        const auto version = message.version ? fmt::format("SPDM {}, ", name(*message.version)) : "";
        const auto note = message.note.empty() ? "" : "; " + message.note;
        table.note("");
        table.note(fmt::format("{} ({}{} {}{})", message.name, version, message.size,
                               message.size == 1 ? "byte" : "bytes", note),
                   Tone::strong);
        for (const auto& field : message.fields) add_rows(table, field, bytes, all);
        if (message.broken) table.note("        broken: " + what_is_wrong(*message.broken), Tone::bad);
    }
    return table.render(colour);
}

Tried<Exit> decode(Session& session, const DecodeOptions& options) {
    const auto known = TRY(assumed(options));
    const auto bytes = TRY(input(session, options));
    const auto messages = spdm::dump(bytes, known);
    const bool sound = std::ranges::none_of(messages, [](const auto& one) { return one.broken.has_value(); });
    if (session.json()) {
        Json list = Json::array();
        for (const auto& message : messages) list.push_back(to_json(message, bytes));
        print(session, {{"schema", "busguard.dump/1"},
                        {"size", bytes.size()},
                        {"sound", sound},
                        {"messages", std::move(list)}});
    } else {
        session.print(text(messages, bytes, options.all_bytes, session.colour()));
    }
    return sound && !bytes.empty() ? Exit::ok : Exit::failed;
}

}  // namespace

void add_decode(Command program, Chosen& chosen) {
    auto command = program.command("decode", "Show SPDM messages or a transcript field by field");
    auto options = std::make_shared<DecodeOptions>();
    command.option("FILE", options->file, "Binary or hex; - is standard input (the default)");
    command.flag("--hex", options->hex, "The input is hex digits, without looking whether it seems so");
    command.flag("--all-bytes", options->all_bytes, "Show long fields whole");
    command
        .option("--hash", options->hash,
                "Base hash, where the messages do not tell: sha256, sha384, sha512, sha3-256, ...")
        .shown_as("NAME")
        .checked_by(
            [](const std::string& name) { return crypto::hash_named(name) ? "" : "no such hash: " + name; });
    command
        .option("--asym", options->asym,
                "Base signature algorithm, likewise: ecdsa-p384, rsapss-3072, ed25519, ...")
        .shown_as("NAME")
        .checked_by([](const std::string& name) {
            return crypto::scheme_named(name) ? "" : "no such algorithm: " + name;
        });
    command.then([&chosen, options] {
        chosen.action = [options](Session& session) { return decode(session, *options); };
    });
}

}  // namespace busguard::cli
