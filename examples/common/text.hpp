#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace examples {

/// 135,233
std::string grouped(std::uint64_t number);

/// "1 todo", "2 todos"
std::string counted(std::uint64_t number, std::string_view one, std::string_view many);

/// Rows of texts in aligned columns, as wide as they must be. Knows characters, not their widths:
/// those of East Asia are wider than it thinks.
class Table {
public:
    enum class Align : std::uint8_t { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns.
    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    /// A line for the titles and one for each row, each ending in a newline. A column that is empty
    /// in all rows is left out.
    std::string text() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace examples
