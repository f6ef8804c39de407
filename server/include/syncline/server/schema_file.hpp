#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "syncline/base/bytes.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/schema.hpp"

namespace syncline::server {

/// An entity schema that syncline cannot use; the text names file, table and field.
class SchemaError : public Error {
public:
    explicit SchemaError(const std::string& text) : Error(ErrorCode::schema_invalid, text) {}
};

/// A schema read at run time from a FlatBuffers schema. Owns what `schema()` points to, and gives
/// the same `fingerprint` as the code generated from it. Thread-safety: immutable.
class SchemaFile {
public:
    /// Reads a `.fbs` or a compiled `.bfbs`. Includes are looked for beside the file, in
    /// `include_directories`, and where syncline keeps `syncline.fbs`.
    /// Throws: `SchemaError`.
    static SchemaFile load(const std::filesystem::path& file,
                           const std::vector<std::filesystem::path>& include_directories = {});

    /// Reads compiled schema bytes; `name` stands for the file in messages. Throws: `SchemaError`.
    static SchemaFile from_binary(ByteView bfbs, const std::string& name);

    SchemaFile(SchemaFile&&) noexcept;
    SchemaFile& operator=(SchemaFile&&) noexcept;
    ~SchemaFile();

    const Schema& schema() const;

private:
    struct Impl;
    explicit SchemaFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace syncline::server
