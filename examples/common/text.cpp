#include "text.hpp"

#include <algorithm>

namespace examples {
namespace {

/// Characters of a UTF-8 text.
std::size_t width(std::string_view text) {
    const auto begins_character = [](char c) { return (c & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
}

std::string padded(const std::string& text, std::size_t to, Table::Align align) {
    const std::string space(to - width(text), ' ');
    return align == Table::Align::left ? text + space : space + text;
}

std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (auto at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
    return digits;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
    return grouped(number) + " " + std::string(number == 1 ? one : many);
}

std::string Table::text() const {
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < widths.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    }

    const auto line = [&](const auto& cell) {
        std::string text;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (widths[i] == 0) continue;
            const auto to = std::max(widths[i], width(columns_[i].title));
            text += padded(cell(i), to, columns_[i].align) + "  ";
        }
        return trimmed(std::move(text)) + "\n";
    };

    std::string text = line([&](std::size_t i) { return columns_[i].title; });
    for (const auto& row : rows_) text += line([&](std::size_t i) { return row[i]; });
    return text;
}

}  // namespace examples
