// Rows and patches: what is refused, what is read, and what patching makes of it.

#include <optional>
#include <stdexcept>

#include "fuzz.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/patch.hpp"
#include "unit/protocol/every_type.hpp"

using namespace syncline;

namespace {

constexpr EntitySchema kEvery{.name = "every", .table = &test::every::kTable, .key = 0};
constexpr WallTime kNow{std::chrono::seconds{1'700'000'000}};

void demand(bool holds, const char* what) {
    if (!holds) throw std::logic_error(what);
}

// Patching rewrites a row, and so reads all that is in it.
void patch(const EntitySchema& entity, ByteView row, ByteView patch) {
    const Bytes result = apply_patch(entity, RowView(row), patch, kNow);
    demand(!verify_row(*entity.table, result), "a patched row is not valid");
    const Bytes again = apply_patch(entity, RowView(result), patch, kNow);
    demand(!verify_row(*entity.table, again), "a row patched twice is not valid");
}

// Two bytes of length, so many bytes of row, and the rest a patch: either may be foreign.
void as_both(const EntitySchema& entity, const Bytes& own_row, const Bytes& own_patch,
             ByteView bytes) {
    if (!verify_row(*entity.table, bytes)) patch(entity, bytes, own_patch);
    if (!verify_patch(entity, bytes)) patch(entity, own_row, bytes);
}

Bytes every_row() {
    Random random(1);
    return test::random_every(random);
}

}  // namespace

void fuzz_one(ByteView bytes) {
    static const Bytes row = test::note_row("n", "Milk");
    static const Bytes title = test::patch_title("Oat milk");
    as_both(test::kNote, row, title, bytes);
    static const Bytes every = every_row();
    static const Bytes nothing = PatchBuilder(kEvery).finish();
    as_both(kEvery, every, nothing, bytes);
}

std::vector<Bytes> fuzz_seeds() {
    std::vector<Bytes> seeds{
        test::note_row({.id = "n", .title = "Milk", .tags = {"a", "b"}, .visits = 3, .due = 5}),
        test::patch_title("Oat milk"),
        test::add_visits(2),
        test::add_tag("c"),
        test::remove_tag("a"),
        every_row()};
    return seeds;
}
