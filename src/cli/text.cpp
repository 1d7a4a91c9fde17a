#include "cli/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace busguard::cli {
namespace {

std::string_view code_of(Tone tone) {
    switch (tone) {
        case Tone::plain: return {};
        case Tone::strong: return "\x1b[1m";
        case Tone::good: return "\x1b[32m";
        case Tone::bad: return "\x1b[31m";
        case Tone::caution: return "\x1b[33m";
        case Tone::quiet: return "\x1b[2m";
    }
    return {};
}

/// The code point at the front and how many bytes it takes; 0 bytes for what is no UTF-8 (RFC 3629).
struct CodePoint {
    char32_t value = 0;
    std::size_t size = 0;
};

CodePoint first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {lead, 1};
    CodePoint point{};
    if (lead >= 0xc2 && lead < 0xe0) point = {lead & 0x1fU, 2};
    if (lead >= 0xe0 && lead < 0xf0) point = {lead & 0x0fU, 3};
    if (lead >= 0xf0 && lead < 0xf5) point = {lead & 0x07U, 4};
    if (point.size == 0 || point.size > text.size()) return {};
    for (const char c : text.substr(1, point.size - 1)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xc0U) != 0x80) return {};
        point.value = point.value << 6U | (byte & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point.value >= 0xd800 && point.value < 0xe000;
    if (point.value < least[point.size] || surrogate || point.value > 0x10ffff) return {};
    return point;
}

/// C0, C1, and what joins, breaks or turns the direction of writing: none of it is for a stranger to send.
bool controls(char32_t point) {
    const auto within = [point](char32_t first, char32_t last) { return point >= first && point <= last; };
    return point < 0x20 || within(0x7f, 0x9f) || within(0x200b, 0x200f) || within(0x2028, 0x202e) ||
           within(0x2066, 0x2069);
}

}  // namespace

std::string paint(std::string_view text, Tone tone, bool colour) {
    const auto code = code_of(tone);
    if (!colour || code.empty()) return std::string{text};
    return std::string{code} + std::string{text} + "\x1b[0m";
}

std::string printable(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    while (!text.empty()) {
        const auto point = first_of(text);
        const auto taken = text.substr(0, std::max<std::size_t>(point.size, 1));
        text.remove_prefix(taken.size());
        if (point.size != 0 && !controls(point.value)) {
            out += taken;
            continue;
        }
        for (const char c : taken) {
            const auto byte = static_cast<unsigned char>(c);
            out += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
        }
    }
    return out;
}

std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

Table::Table(std::vector<std::string> header) {
    std::vector<Cell> cells;
    cells.reserve(header.size());
    for (auto& name : header) cells.push_back({std::move(name), Tone::strong});
    row(std::move(cells));
}

void Table::row(std::vector<Cell> cells) { lines_.push_back({std::move(cells), false}); }

void Table::note(std::string text, Tone tone) { lines_.push_back({{{std::move(text), tone}}, true}); }

std::string Table::render(bool colour) const {
    std::vector<std::size_t> widths;
    for (const auto& line : lines_) {
        if (line.free) continue;
        if (widths.size() < line.cells.size()) widths.resize(line.cells.size());
        for (std::size_t i = 0; i < line.cells.size(); ++i)
            widths[i] = std::max(widths[i], width(line.cells[i].text));
    }
    std::string out;
    for (const auto& line : lines_) {
        for (std::size_t i = 0; i < line.cells.size(); ++i) {
            const auto& cell = line.cells[i];
            out += paint(cell.text, cell.tone, colour);
            if (i + 1 < line.cells.size()) out.append(widths[i] - width(cell.text) + 2, ' ');
        }
        while (!out.empty() && out.back() == ' ') out.pop_back();
        out += '\n';
    }
    return out;
}

std::string wrapped(std::string_view text, std::string_view indent, std::size_t columns) {
    std::string out;
    std::size_t used = 0;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        if (used != 0 && used + 1 + width(word) > columns) {
            out += '\n';
            used = 0;
        }
        if (used == 0) {
            out += indent;
            used = indent.size();
        } else {
            out += ' ';
            ++used;
        }
        out += word;
        used += width(word);
    }
    return out.empty() ? out : out + '\n';
}

}  // namespace busguard::cli
