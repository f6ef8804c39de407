#include "support/test_schema.hpp"

namespace syncline::test {

Bytes note_row(const Note& values) {
    RowBuilder row(note::kTable);
    row.string(note::kId, values.id)
        .string(note::kTitle, values.title)
        .scalar(note::kDone, values.done)
        .scalar(note::kPriority, values.priority)
        .scalar(note::kVisits, values.visits)
        .scalar(note::kBest, values.best)
        .scalar(note::kCreatedAt, values.created_at)
        .scalar(note::kUpdatedAt, values.updated_at);
    if (!values.tags.empty()) row.strings(note::kTags, values.tags);
    if (values.due) row.scalar(note::kDue, *values.due);
    if (!values.parent.empty()) row.string(note::kParent, values.parent);
    return row.finish();
}

Bytes note_row(std::string_view id, std::string_view title) {
    return note_row(Note{.id = id, .title = title});
}

Bytes folder_row(std::string_view id, std::string_view name) {
    return RowBuilder(folder::kTable).string(folder::kId, id).string(folder::kName, name).finish();
}

Bytes patch_title(std::string_view title) {
    PatchBuilder patch(kNote);
    patch.assign(note::kTitle).string(note::kTitle, title);
    return patch.finish();
}

Bytes patch_done(bool done) {
    PatchBuilder patch(kNote);
    patch.assign(note::kDone).scalar(note::kDone, done);
    return patch.finish();
}

Bytes patch_priority(std::int8_t priority) {
    PatchBuilder patch(kNote);
    patch.assign(note::kPriority).scalar(note::kPriority, priority);
    return patch.finish();
}

Bytes patch_parent(std::string_view parent) {
    PatchBuilder patch(kNote);
    patch.assign(note::kParent).string(note::kParent, parent);
    return patch.finish();
}

Bytes patch_best(std::int32_t best) {
    PatchBuilder patch(kNote);
    patch.assign(note::kBest).scalar(note::kBest, best);
    return patch.finish();
}

Bytes add_visits(std::int32_t visits) {
    PatchBuilder patch(kNote);
    patch.add(note::kVisits).scalar(note::kVisits, visits);
    return patch.finish();
}

Bytes add_tag(std::string_view tag) {
    PatchBuilder patch(kNote);
    patch.insert(note::kTags).strings(note::kTags, {std::string(tag)});
    return patch.finish();
}

Bytes remove_tag(std::string_view tag) {
    PatchBuilder patch(kNote);
    patch.erase(note::kTags).strings(note::kTags, {std::string(tag)});
    return patch.finish();
}

Bytes patch_folder_name(std::string_view name) {
    PatchBuilder patch(kFolder);
    patch.assign(folder::kName).string(folder::kName, name);
    return patch.finish();
}

}  // namespace syncline::test
