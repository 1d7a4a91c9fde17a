#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What people read: tables and colours.
namespace busguard::cli {

enum class Tone : unsigned char { plain, strong, good, bad, caution, quiet };

/// `text` in the tone's colour, or as it is.
std::string paint(std::string_view text, Tone tone, bool colour);

/// Text from a stranger, safe for a terminal: control characters and bytes that are no UTF-8 become \xNN.
std::string printable(std::string_view text);

/// Columns on a terminal that the text takes: code points, without colours.
std::size_t width(std::string_view text);

/// Columns as wide as their widest cell; the last one runs free.
class Table {
public:
    struct Cell {
        std::string text;
        Tone tone = Tone::plain;
    };

    explicit Table(std::vector<std::string> header);
    void row(std::vector<Cell> cells);
    /// A line below the last row, from the first column on.
    void note(std::string text, Tone tone = Tone::plain);
    std::string render(bool colour) const;

private:
    struct Line {
        std::vector<Cell> cells;
        bool free = false;
    };
    std::vector<Line> lines_;
};

/// `text` broken into lines of at most `columns`, each after `indent`.
std::string wrapped(std::string_view text, std::string_view indent, std::size_t columns = 100);

}  // namespace busguard::cli
