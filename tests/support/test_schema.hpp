#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "syncline/protocol/patch.hpp"
#include "syncline/protocol/row.hpp"
#include "syncline/protocol/schema.hpp"

// A schema with every merge policy, as the generator would write it:
//
//   table Note (entity: "note") {
//     id:string (key);            title:string (required);   done:bool;
//     priority:byte;              tags:[string] (merge: "set");
//     visits:int (merge: "counter");  best:int (merge: "max");   due:long = null;
//     created_at:long (created_at);   updated_at:long (updated_at);
//     parent:string (references: "Folder", index);
//   }
//   table Folder (entity: "folder", conflict: "reject") { id:string (key); name:string (required);
//   }

namespace syncline::test {

namespace note {
inline constexpr FieldId kId = 0;
inline constexpr FieldId kTitle = 1;
inline constexpr FieldId kDone = 2;
inline constexpr FieldId kPriority = 3;
inline constexpr FieldId kTags = 4;
inline constexpr FieldId kVisits = 5;
inline constexpr FieldId kBest = 6;
inline constexpr FieldId kDue = 7;
inline constexpr FieldId kCreatedAt = 8;
inline constexpr FieldId kUpdatedAt = 9;
inline constexpr FieldId kParent = 10;

inline constexpr std::array<FieldSchema, 11> kFields{{
    {.name = "id", .id = kId, .type = FieldType::string, .required = true, .key = true},
    {.name = "title", .id = kTitle, .type = FieldType::string, .required = true},
    {.name = "done", .id = kDone, .type = FieldType::boolean},
    {.name = "priority", .id = kPriority, .type = FieldType::int8},
    {.name = "tags",
     .id = kTags,
     .type = FieldType::vector,
     .element = FieldType::string,
     .merge = MergePolicy::set},
    {.name = "visits", .id = kVisits, .type = FieldType::int32, .merge = MergePolicy::counter},
    {.name = "best", .id = kBest, .type = FieldType::int32, .merge = MergePolicy::max},
    {.name = "due", .id = kDue, .type = FieldType::int64, .optional = true},
    {.name = "created_at", .id = kCreatedAt, .type = FieldType::int64, .stamp = Stamp::created_at},
    {.name = "updated_at", .id = kUpdatedAt, .type = FieldType::int64, .stamp = Stamp::updated_at},
    {.name = "parent",
     .id = kParent,
     .type = FieldType::string,
     .indexed = true,
     .references = "folder"},
}};
inline constexpr TableSchema kTable{"Note", kFields};
}  // namespace note

namespace folder {
inline constexpr FieldId kId = 0;
inline constexpr FieldId kName = 1;

inline constexpr std::array<FieldSchema, 2> kFields{{
    {.name = "id", .id = kId, .type = FieldType::string, .required = true, .key = true},
    {.name = "name", .id = kName, .type = FieldType::string, .required = true},
}};
inline constexpr TableSchema kTable{"Folder", kFields};
}  // namespace folder

inline constexpr EntitySchema kNote{.name = "note", .table = &note::kTable, .key = note::kId};
inline constexpr EntitySchema kFolder{.name = "folder",
                                      .table = &folder::kTable,
                                      .key = folder::kId,
                                      .conflict = ConflictPolicy::reject};
inline constexpr std::array<EntitySchema, 2> kEntities{kNote, kFolder};
inline constexpr Schema kSchema{kEntities};

/// The values of a note; what is not named is at its default.
struct Note {
    std::string_view id;
    std::string_view title;
    bool done = false;
    std::int8_t priority = 0;
    std::vector<std::string> tags = {};
    std::int32_t visits = 0;
    std::int32_t best = 0;
    std::optional<std::int64_t> due = {};
    std::int64_t created_at = 0;
    std::int64_t updated_at = 0;
    std::string_view parent = {};
};

Bytes note_row(const Note& values);
Bytes note_row(std::string_view id, std::string_view title);
Bytes folder_row(std::string_view id, std::string_view name);

Bytes patch_title(std::string_view title);
Bytes patch_done(bool done);
Bytes patch_priority(std::int8_t priority);
Bytes patch_parent(std::string_view parent);
Bytes patch_best(std::int32_t best);
Bytes add_visits(std::int32_t visits);
Bytes add_tag(std::string_view tag);
Bytes remove_tag(std::string_view tag);
Bytes patch_folder_name(std::string_view name);

}  // namespace syncline::test
