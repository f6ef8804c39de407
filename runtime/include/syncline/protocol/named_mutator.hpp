#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "syncline/base/bytes.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/row.hpp"

namespace syncline {

/// A named mutation of the schema: its name, the generated table of its arguments, and the rows
/// that its mutator is given. Generated code has a constant for each.
template <class RowsT, class ArgumentsT>
struct NamedMutator {
    using Rows = RowsT;
    using Arguments = ArgumentsT;

    std::string_view name;

    /// What is queued and sent. Throws: `InvalidArgument` if a value cannot be.
    Bytes encode(const Arguments& arguments) const {
        RowBuilder builder(Arguments::table());
        arguments.write(builder);
        Bytes bytes = builder.finish();
        if (const auto fault = verify_row(Arguments::table(), bytes)) {
            throw InvalidArgument(std::string(name) + ": " + *fault);
        }
        return bytes;
    }

    /// The arguments in bytes from anywhere, e.g. the payload of a rejected mutation; nothing if
    /// they are none. Fields that this schema does not know are left out, those that are missing
    /// are absent or at their default.
    std::optional<Arguments> decode(ByteView bytes) const {
        if (verify_row(Arguments::table(), bytes)) return std::nullopt;
        return Arguments::read(RowView(bytes));
    }
};

}  // namespace syncline
