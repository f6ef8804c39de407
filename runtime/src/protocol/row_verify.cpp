#include "row_verify.hpp"

#include <algorithm>

#include "layout.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline {
namespace {

constexpr int kDepthMax = 64;

/// Walks a table and what hangs on it. Every read is checked against the end before it is made, and
/// what was read is counted: more than there are bytes means that parts share some of them.
class Walk {
public:
    explicit Walk(ByteView bytes) : data_(bytes.data()), size_(bytes.size()), left_(size_) {}

    bool root(const TableSchema& schema, bool whole) {
        if (size_ > kRowBytesMax) return fail(schema, nullptr, "is too long");
        if (size_ < 4) return fail(schema, nullptr, "is cut short");
        const std::size_t at = load<std::uint32_t>(data_);
        if (at == 0) return fail(schema, nullptr, "is no table within its bytes");
        return table(schema, at, whole, kDepthMax);
    }

    std::string failure() const {
        std::string text(table_->name);
        if (field_ != nullptr) text.append(".").append(field_->name);
        return text.append(" ").append(what_);
    }

private:
    struct Table {
        std::size_t at;
        std::size_t size;
        std::size_t vtable;
        std::size_t vtable_size;
    };

    bool table(const TableSchema& schema, std::size_t at, bool whole, int depth) {
        Table found{};
        if (depth == 0) return fail(schema, nullptr, "is nested too deeply");
        if (!locate(at, found)) return fail(schema, nullptr, "is no table within its bytes");
        for (const FieldSchema& wanted : schema.fields) {
            const std::size_t slot = 4 + std::size_t{wanted.id} * 2;
            const std::size_t offset = slot + 2 <= found.vtable_size
                                           ? load<std::uint16_t>(data_ + found.vtable + slot)
                                           : 0;
            if (offset == 0) {
                if (whole && (wanted.required || wanted.key)) {
                    return fail(schema, &wanted, "is required and absent");
                }
                continue;
            }
            const std::size_t size = inline_size(wanted);
            if (offset < 4 || offset + size > found.size || !take(size)) {
                return fail(schema, &wanted, "lies outside its table");
            }
            if (!field(schema, wanted, at + offset, depth)) return false;
        }
        return true;
    }

    bool locate(std::size_t at, Table& found) {
        if (!within(at, 4)) return false;
        const std::int64_t vtable = static_cast<std::int64_t>(at) - load<std::int32_t>(data_ + at);
        if (vtable < 0 || !within(static_cast<std::size_t>(vtable), 4)) return false;
        found.at = at;
        found.vtable = static_cast<std::size_t>(vtable);
        found.vtable_size = load<std::uint16_t>(data_ + found.vtable);
        found.size = load<std::uint16_t>(data_ + found.vtable + 2);
        return found.vtable_size >= 4 && found.vtable_size % 2 == 0 && found.size >= 4 &&
               within(found.vtable, found.vtable_size) && within(at, found.size) && take(4);
    }

    bool field(const TableSchema& schema, const FieldSchema& field, std::size_t at, int depth) {
        switch (field.type) {
            case FieldType::boolean:
                return data_[at] <= 1 || fail(schema, &field, "is a bool but neither 0 nor 1");
            case FieldType::string:
                return text(schema, field, at);
            case FieldType::vector:
                return vector(schema, field, at);
            case FieldType::table:
                return nested(schema, field, at, depth);
            case FieldType::none:
                return fail(schema, &field, "has no type");
            default:
                return true;
        }
    }

    bool nested(const TableSchema& schema, const FieldSchema& field, std::size_t at, int depth) {
        std::size_t target = 0;
        if (field.table == nullptr || !follow(at, target)) {
            return fail(schema, &field, "leads outside the bytes");
        }
        return table(*field.table, target, true, depth - 1);
    }

    bool text(const TableSchema& schema, const FieldSchema& field, std::size_t at) {
        if (!string(at)) return fail(schema, &field, "is no string within the bytes");
        const bool empty = load<std::uint32_t>(data_ + at + load<std::uint32_t>(data_ + at)) == 0;
        return !(field.key && empty) || fail(schema, &field, "is the key and empty");
    }

    bool string(std::size_t at) {
        std::size_t target = 0;
        if (!follow(at, target)) return false;
        const std::size_t length = load<std::uint32_t>(data_ + target);
        return within(target + 4, length + 1) && take(length + 5) &&
               data_[target + 4 + length] == 0;
    }

    bool vector(const TableSchema& schema, const FieldSchema& field, std::size_t at) {
        std::size_t target = 0;
        const std::size_t width = element_size(field);
        if (width == 0 || !follow(at, target)) {
            return fail(schema, &field, "is no vector within the bytes");
        }
        const std::size_t count = load<std::uint32_t>(data_ + target);
        const std::size_t begin = target + 4;
        if (count > size_ / width || !within(begin, count * width) || !take(4 + count * width)) {
            return fail(schema, &field, "is no vector within the bytes");
        }
        if (field.element == FieldType::boolean) {
            const auto* values = data_ + begin;
            return std::all_of(values, values + count, [](std::uint8_t b) { return b <= 1; }) ||
                   fail(schema, &field, "holds a bool that is neither 0 nor 1");
        }
        if (field.element != FieldType::string) return true;
        for (std::size_t i = 0; i < count; ++i) {
            if (!string(begin + i * 4)) return fail(schema, &field, "holds no string");
        }
        return true;
    }

    /// Where the offset at `at`, which is within, leads to, not to itself; four bytes can be
    /// read there.
    bool follow(std::size_t at, std::size_t& target) const {
        target = at + load<std::uint32_t>(data_ + at);
        return target != at && within(target, 4);
    }

    bool within(std::size_t at, std::size_t size) const {
        return size <= size_ && at <= size_ - size;
    }

    bool take(std::size_t size) {
        if (size > left_) return false;
        left_ -= size;
        return true;
    }

    bool fail(const TableSchema& table, const FieldSchema* field, const char* what) {
        table_ = &table;
        field_ = field;
        what_ = what;
        return false;
    }

    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t left_;
    const TableSchema* table_ = nullptr;
    const FieldSchema* field_ = nullptr;
    const char* what_ = "";
};

std::optional<std::string> verify(const TableSchema& table, ByteView bytes, bool whole) {
    Walk walk(bytes);
    if (walk.root(table, whole)) return std::nullopt;
    return walk.failure();
}

}  // namespace

std::optional<std::string> verify_row(const TableSchema& table, ByteView bytes) {
    return verify(table, bytes, true);
}

std::optional<std::string> verify_part(const TableSchema& table, ByteView bytes) {
    return verify(table, bytes, false);
}

}  // namespace syncline
