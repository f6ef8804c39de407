#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "syncline/base/bytes.hpp"

namespace collection_bench {

/// What the typed layer is measured against: prepared statements that put a row and its queue entry
/// into tables like syncline's own, in a file of their own, and nothing else.
class BareLoop {
public:
    explicit BareLoop(const std::filesystem::path& path);
    ~BareLoop();

    void begin();
    /// The queue entry refers to the row, as syncline's does.
    void insert(const std::string& id, syncline::ByteView row, const std::string& list_id);
    void commit();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace collection_bench
