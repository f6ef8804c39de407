#include "syncline/server/schema_file.hpp"

#include <flatbuffers/idl.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "schema_reader.hpp"

namespace syncline::server {
namespace {

using Paths = std::vector<std::filesystem::path>;

std::string read_file(const std::filesystem::path& file) {
    std::error_code ignored;
    const bool is_folder = std::filesystem::is_directory(file, ignored);  // it opens, but reads not
    std::ifstream stream(file, std::ios::binary);
    if (!stream || is_folder) throw SchemaError(file.string() + ": cannot be read");
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// Where included files may lie, best first.
std::vector<std::string> search_path(const std::filesystem::path& file, const Paths& more) {
    std::vector<std::string> folders{file.parent_path().string()};
    if (folders.front().empty()) folders.front() = ".";
    for (const auto& folder : more) folders.push_back(folder.string());
    for (const char* folder : {SYNCLINE_INSTALLED_SCHEMA_DIR, SYNCLINE_SOURCE_SCHEMA_DIR}) {
        std::error_code ignored;
        if (std::filesystem::exists(std::filesystem::path(folder) / "syncline.fbs", ignored)) {
            folders.emplace_back(folder);
        }
    }
    return folders;
}

/// What the parser says, without the folder that it names the file by.
std::string parser_message(const std::filesystem::path& file, std::string text) {
    const std::string prefix = file.string() + ":";
    if (text.rfind(prefix, 0) == 0) text.erase(0, prefix.size());
    return file.filename().string() + ":" + text;
}

Bytes compile(const std::filesystem::path& file, const Paths& include_directories) {
    const std::string source = read_file(file);
    const std::vector<std::string> folders = search_path(file, include_directories);
    std::vector<const char*> folder_texts;
    for (const std::string& folder : folders) folder_texts.push_back(folder.c_str());
    folder_texts.push_back(nullptr);

    flatbuffers::IDLOptions options;
    options.binary_schema_builtins = true;
    flatbuffers::Parser parser(options);
    if (!parser.Parse(source.c_str(), folder_texts.data(), file.string().c_str())) {
        throw SchemaError(parser_message(file, parser.error_));
    }
    parser.Serialize();
    const std::uint8_t* data = parser.builder_.GetBufferPointer();
    return {data, data + parser.builder_.GetSize()};
}

}  // namespace

struct SchemaFile::Impl {
    OwnedSchema owned;
};

SchemaFile::SchemaFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SchemaFile::SchemaFile(SchemaFile&&) noexcept = default;
SchemaFile& SchemaFile::operator=(SchemaFile&&) noexcept = default;
SchemaFile::~SchemaFile() = default;

SchemaFile SchemaFile::load(const std::filesystem::path& file, const Paths& include_directories) {
    const std::string name = file.filename().string();
    if (file.extension() == ".bfbs") {
        const std::string content = read_file(file);
        return from_binary(to_bytes(as_bytes(content)), name);
    }
    return from_binary(compile(file, include_directories), name);
}

SchemaFile SchemaFile::from_binary(ByteView bfbs, const std::string& name) {
    auto impl = std::make_unique<Impl>();
    read_schema(bfbs, name, impl->owned);
    return SchemaFile(std::move(impl));
}

const Schema& SchemaFile::schema() const {
    return impl_->owned.schema;
}

}  // namespace syncline::server
