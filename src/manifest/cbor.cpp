#include "manifest/cbor.h"

#include <array>
#include <cbor.h>

namespace busguard::manifest::cbor {
namespace {

constexpr std::size_t most_levels = 24;
constexpr std::size_t most_items = 65536;
constexpr std::size_t most_keys = 256;
constexpr std::string_view name = "CBOR";

/// What libcbor says of a head.
struct Head {
    Item item;
    std::uint64_t count = 0;  // elements of an array, pairs of a map
    bool open = false;        // an array or a map that a break ends
    bool broken = false;      // that break
    bool pieces = false;      // a string in pieces
};

Head& head(void* context) { return *static_cast<Head*>(context); }
void set(void* context, Kind kind, std::uint64_t number = 0) {
    head(context).item.kind = kind;
    head(context).item.number = number;
}
void set(void* context, Kind kind, cbor_data data, std::size_t size) {
    head(context).item.kind = kind;
    head(context).item.bytes = std::as_bytes(std::span{data, size});
}

// The parameters are generic because libcbor 0.8 and 0.10 give lengths different types.
constexpr auto number = [](void* to, auto value) { set(to, Kind::number, value); };
constexpr auto negative = [](void* to, auto value) { set(to, Kind::negative, value); };
constexpr auto other = [](void* to, auto) { set(to, Kind::other); };
constexpr auto simple = [](void* to) { set(to, Kind::other); };
constexpr auto pieces = [](void* to) { head(to).pieces = true; };

constexpr cbor_callbacks callbacks{
    .uint8 = number,
    .uint16 = number,
    .uint32 = number,
    .uint64 = number,
    .negint64 = negative,
    .negint32 = negative,
    .negint16 = negative,
    .negint8 = negative,
    .byte_string_start = pieces,
    .byte_string = [](void* to, cbor_data data, auto size) { set(to, Kind::bytes, data, size); },
    .string = [](void* to, cbor_data data, auto size) { set(to, Kind::text, data, size); },
    .string_start = pieces,
    .indef_array_start =
        [](void* to) {
            set(to, Kind::array);
            head(to).open = true;
        },
    .array_start =
        [](void* to, auto count) {
            set(to, Kind::array);
            head(to).count = count;
        },
    .indef_map_start =
        [](void* to) {
            set(to, Kind::map);
            head(to).open = true;
        },
    .map_start =
        [](void* to, auto count) {
            set(to, Kind::map);
            head(to).count = count;
        },
    .tag = [](void* to, auto value) { set(to, Kind::tag, value); },
    .float2 = other,
    .float4 = other,
    .float8 = other,
    .undefined = simple,
    .null = [](void* to) { set(to, Kind::null); },
    .boolean = other,
    .indef_break = [](void* to) { head(to).broken = true; },
};

/// Debian 12's libcbor 0.8 refuses the tags 6 to 20 as unassigned, COSE_Sign1's 18 among them: a tag of one
/// byte is read here.
std::optional<std::uint64_t> short_tag(ByteView rest) {
    const auto first = rest.empty() ? 0U : std::to_integer<unsigned>(rest[0]);
    if (first < 0xc0 || first > 0xd7) return std::nullopt;
    return first & 0x1fU;
}

/// A number may have been written longer than it has to be.
bool same_key(const Item& a, const Item& b) {
    const auto number_a = a.integer();
    return same(a.encoded, b.encoded) || (number_a && number_a == b.integer());
}

class Parser {
public:
    Parser(ByteView bytes, std::size_t start) : bytes_{bytes}, start_{start} {}

    Result<Item> item(std::size_t level) {
        auto read = TRY(next(level));
        if (read.broken) return wrong(Errc::bad_field);
        return std::move(read.item);
    }
    std::size_t left() const { return bytes_.size() - at_; }
    Failure<Error> wrong(Errc code) const { return fail(code, name, start_ + at_); }

private:
    /// An item, or a break.
    Result<Head> next(std::size_t level) {
        if (level > most_levels || ++items_ > most_items) return wrong(Errc::too_large);
        const auto begin = at_;
        auto read = TRY(read_head());
        auto& item = read.item;
        item.offset = start_ + begin;
        if (item.is(Kind::tag))
            item.items.push_back(TRY(this->item(level + 1)));
        else if (item.is(Kind::array) || item.is(Kind::map))
            TRY(fill(read, level + 1));
        item.encoded = bytes_.subspan(begin, at_ - begin);
        if (item.is(Kind::map)) TRY(check_keys(item));
        return read;
    }

    Result<Head> read_head() {
        Head read;
        const auto rest = bytes_.subspan(at_);
        if (const auto tag = short_tag(rest)) {
            set(&read, Kind::tag, *tag);
            ++at_;
            return read;
        }
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libcbor's bytes are unsigned char
        const auto* const data = reinterpret_cast<cbor_data>(rest.data());
        const auto done = cbor_stream_decode(data, rest.size(), &callbacks, &read);
        if (done.status == CBOR_DECODER_NEDATA) return wrong(Errc::truncated);
        if (done.status != CBOR_DECODER_FINISHED || done.read == 0 || done.read > rest.size())
            return wrong(Errc::bad_field);
        if (read.pieces) return wrong(Errc::unsupported);
        at_ += done.read;
        return read;
    }

    /// Memory grows with the elements that are there, whatever the head says.
    Result<void> fill(Head& into, std::size_t level) {
        const bool map = into.item.is(Kind::map);
        if (map && into.count > most_keys) return wrong(Errc::too_large);
        if (into.count > left()) return wrong(Errc::truncated);
        const auto count = map ? 2 * into.count : into.count;
        auto& items = into.item.items;
        while (into.open || items.size() < count) {
            auto one = TRY(next(level));
            if (one.broken && into.open && (!map || items.size() % 2 == 0)) return {};
            if (one.broken) return wrong(Errc::bad_field);
            if (map && items.size() >= 2 * most_keys) return wrong(Errc::too_large);
            items.push_back(std::move(one.item));
        }
        return {};
    }

    /// RFC 8949 5.6: a map with a key twice is not valid; who takes the first and who the last would differ.
    static Result<void> check_keys(const Item& map) {
        for (std::size_t n = 0; n < map.items.size(); n += 2)
            for (std::size_t earlier = 0; earlier < n; earlier += 2)
                if (same_key(map.items[n], map.items[earlier]))
                    return fail(Errc::bad_field, name, map.items[n].offset);
        return {};
    }

    ByteView bytes_;
    std::size_t start_;
    std::size_t at_ = 0;
    std::size_t items_ = 0;
};

}  // namespace

std::optional<std::int64_t> Item::integer() const {
    constexpr auto largest = static_cast<std::uint64_t>(INT64_MAX);
    if (number > largest) return std::nullopt;
    if (is(Kind::number)) return static_cast<std::int64_t>(number);
    if (is(Kind::negative)) return -1 - static_cast<std::int64_t>(number);
    return std::nullopt;
}

const Item* Item::find(std::int64_t key) const {
    if (!is(Kind::map)) return nullptr;
    for (std::size_t n = 0; n + 1 < items.size(); n += 2)
        if (items[n].integer() == key) return &items[n + 1];
    return nullptr;
}

Result<const Item*> Item::need(std::int64_t key, std::string_view what) const {
    const auto* const found = find(key);
    if (found == nullptr) return wrong(what);
    return found;
}

Result<std::uint64_t> Item::as_number(std::string_view what) const {
    if (!is(Kind::number)) return wrong(what);
    return std::uint64_t{number};
}

Result<ByteView> Item::as_bytes(std::string_view what) const {
    if (!is(Kind::bytes)) return wrong(what);
    return ByteView{bytes};
}

Result<std::string_view> Item::as_text(std::string_view what) const {
    if (!is(Kind::text)) return wrong(what);
    return busguard::as_text(bytes);
}

Result<std::span<const Item>> Item::as_array(std::string_view what) const {
    if (!is(Kind::array) || items.empty()) return wrong(what);
    return std::span<const Item>{items};
}

Result<const Item*> Item::as_map(std::string_view what) const {
    if (!is(Kind::map)) return wrong(what);
    return this;
}

Result<Item> parse(ByteView bytes, std::size_t start) {
    Parser parser{bytes, start};
    auto item = TRY(parser.item(1));
    if (parser.left() != 0) return parser.wrong(Errc::trailing_bytes);
    return item;
}

Result<Item> parse_inside(const Item& item, std::string_view what) {
    const auto content = TRY(item.as_bytes(what));
    return parse(content, item.offset + item.encoded.size() - content.size());
}

void append_bytes(Bytes& to, ByteView content) {
    std::array<unsigned char, 9> head{};
    const auto size = cbor_encode_bytestring_start(content.size(), head.data(), head.size());
    append(to, std::as_bytes(std::span{head}).first(size));
    append(to, content);
}

}  // namespace busguard::manifest::cbor
