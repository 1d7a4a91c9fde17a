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

/// Bytes of the UTF-8 sequence at the front, 0 if it is none (RFC 3629).
std::size_t sequence(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const auto lead = byte(0);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || size > text.size()) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    if (size == 3 && ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f))) return 0;
    if (size == 4 && ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f))) return 0;
    return size;
}

/// C0, C1, and what changes the direction of writing.
bool controls(std::string_view one) {
    if (one.size() == 1) return static_cast<unsigned char>(one[0]) < 0x20 || one[0] == 0x7f;
    if (one.size() == 2) return one[0] == '\xc2' && static_cast<unsigned char>(one[1]) < 0xa0;
    return one >= "\xe2\x80\x8b" && one <= "\xe2\x80\x8f"   ? true
           : one >= "\xe2\x80\xa8" && one <= "\xe2\x80\xae" ? true
                                                            : one >= "\xe2\x81\xa6" && one <= "\xe2\x81\xa9";
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
        const auto size = sequence(text);
        if (size == 0 || controls(text.substr(0, size))) {
            for (char c : text.substr(0, std::max<std::size_t>(size, 1))) {
                const auto byte = static_cast<unsigned char>(c);
                out += {'\\', 'x', digits[byte >> 4U], digits[byte & 0xfU]};
            }
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

Table::Table(std::vector<std::string> header) {
    std::vector<Cell> cells;
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
