#include "syncline/storage/statement.hpp"

#include <sqlite3.h>

#include "sqlite_error.hpp"
#include "statement_impl.hpp"

namespace syncline {

Statement::Impl::Impl(sqlite3* connection, std::string file_name, std::string_view sql)
    : handle(connection), file(std::move(file_name)) {
    const int result = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (result != SQLITE_OK) {
        detail::throw_storage_error(file, "cannot prepare \"" + std::string(sql) + "\"", result,
                                    handle);
    }
}

Statement::Impl::~Impl() {
    sqlite3_finalize(statement);
}

void Statement::Impl::check(int result, std::string_view what) const {
    if (result != SQLITE_OK) detail::throw_storage_error(file, what, result, handle);
}

Statement::Statement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Statement::~Statement() = default;

Statement& Statement::bind(int index, std::int64_t value) {
    impl_->bound = true;
    impl_->check(sqlite3_bind_int64(impl_->statement, index, value), "cannot bind a number");
    return *this;
}

Statement& Statement::bind(int index, std::uint64_t value) {
    return bind(index, static_cast<std::int64_t>(value));
}

Statement& Statement::bind(int index, double value) {
    impl_->bound = true;
    impl_->check(sqlite3_bind_double(impl_->statement, index, value), "cannot bind a number");
    return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
    impl_->bound = true;
    // A null pointer would bind NULL.
    const char* data = text.data() != nullptr ? text.data() : "";
    impl_->check(
        sqlite3_bind_text64(impl_->statement, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8),
        "cannot bind a text");
    return *this;
}

Statement& Statement::bind(int index, ByteView blob) {
    impl_->bound = true;
    const void* data = blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "";
    impl_->check(sqlite3_bind_blob64(impl_->statement, index, data, blob.size(), SQLITE_STATIC),
                 "cannot bind bytes");
    return *this;
}

Statement& Statement::bind_null(int index) {
    impl_->check(sqlite3_bind_null(impl_->statement, index), "cannot bind nothing");
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(impl_->statement);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    detail::throw_storage_error(impl_->file, "cannot run a statement", result, impl_->handle);
}

std::int64_t Statement::run() {
    StatementUse use(*this);
    while (step()) {
    }
    return sqlite3_changes(impl_->handle);
}

void Statement::reset() noexcept {
    sqlite3_reset(impl_->statement);
    if (!impl_->bound) return;
    sqlite3_clear_bindings(impl_->statement);
    impl_->bound = false;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(impl_->statement, column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(impl_->statement, column);
}

std::string_view Statement::text(int column) const {
    const unsigned char* data = sqlite3_column_text(impl_->statement, column);
    if (data == nullptr) return {};
    return {reinterpret_cast<const char*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(impl_->statement, column))};
}

ByteView Statement::blob(int column) const {
    const void* data = sqlite3_column_blob(impl_->statement, column);
    if (data == nullptr) return {};
    return {static_cast<const std::uint8_t*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(impl_->statement, column))};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(impl_->statement, column) == SQLITE_NULL;
}

}  // namespace syncline
