// What people do on a device.

#include <algorithm>

#include "sim/device.hpp"
#include "sim/random_rows.hpp"
#include "support/test_schema.hpp"
#include "syncline/base/error.hpp"
#include "syncline/protocol/patch.hpp"

namespace syncline::sim {
namespace {

constexpr std::uint64_t kNotes = 7;
constexpr std::uint64_t kFolders = 2;

std::string some(Dice& dice, const char* what, std::uint64_t of) {
    return what + std::to_string(dice.below(of));
}

Key built_in_key(Dice& dice, bool old_app) {
    if (dice.below(5) == 0 && !old_app) return {"folder", some(dice, "f", kFolders)};
    return {"note", some(dice, "n", kNotes)};
}

Bytes patch_due(std::optional<std::int64_t> due) {
    PatchBuilder patch(test::kNote);
    RowBuilder& set = patch.assign(test::note::kDue);
    if (due) set.scalar(test::note::kDue, *due);
    return patch.finish();
}

Bytes built_in_patch(const Key& key, Dice& dice, bool old_app) {
    if (key.entity == "folder") return test::patch_folder_name(some(dice, "name ", 1000));
    const auto number = static_cast<std::int32_t>(dice.below(50));
    switch (dice.below(9)) {
        case 0:
            return test::patch_title(some(dice, "title ", 1000));
        case 1:
            return test::patch_done(number % 2 == 0);
        case 2:
            return test::patch_priority(static_cast<std::int8_t>(number));
        case 3:
            if (old_app) return test::patch_title("by an older application");
            return test::patch_parent(some(dice, "f", kFolders));
        case 4:
            return test::patch_best(number);
        case 5:
            return test::add_visits(number - 10);
        case 6:
            return test::add_tag(some(dice, "t", 4));
        case 7:
            return test::remove_tag(some(dice, "t", 4));
        default:
            return patch_due(number < 10 ? std::nullopt : std::optional<std::int64_t>(number));
    }
}

Bytes built_in_row(const Key& key, Dice& dice, bool big) {
    const std::string text =
        big ? std::string(4500 + dice.below(3000), 'x') : some(dice, "new ", 1000);
    if (key.entity == "folder") return test::folder_row(key.id, text);
    return test::note_row(key.id, text);
}

bool has_unique(const Schema& schema) {
    return std::any_of(schema.entities.begin(), schema.entities.end(), [](const auto& entity) {
        const auto fields = entity.table->fields;
        return std::any_of(fields.begin(), fields.end(), [](const auto& f) { return f.unique; });
    });
}

// Makes `first` what the two patches do together.
void join(Made& first, const Made& second) {
    auto& changes = first.meaning.changes;
    changes.insert(changes.end(), second.meaning.changes.begin(), second.meaning.changes.end());
    first.time = std::max(first.time, second.time);
}

}  // namespace

// A write that fails changes nothing, but it may have reached the file.
template <class Body>
void Device::attempt(Body body) {
    std::vector<Made> made;
    collecting_ = &made;
    try {
        // As an application does, or behind its back.
        if (observers && ledger.all.size() % 2 == 0) {
            observers->model().write([&](Replica&) { body(); });
        } else {
            body();
        }
        collecting_ = nullptr;
        if (!made.empty()) ledger.uncertain.clear();
        for (Made& one : made) take_made(std::move(one));
    } catch (const InvalidArgument&) {
        // Nothing is made of what is not unique.
        collecting_ = nullptr;
        if (!has_unique(schema())) throw;
    } catch (const StorageError&) {
        collecting_ = nullptr;
        std::vector<Made> failed;
        for (Made& one : made) {
            const bool joined = one.id.value != 0 && !failed.empty() && failed.back().id == one.id;
            if (joined) {
                join(failed.back(), one);
            } else {
                failed.push_back(std::move(one));
            }
        }
        if (!failed.empty()) ledger.uncertain.push_back(std::move(failed));
    }
}

// Another mutation, or a patch that was joined with the one before it.
void Device::take_made(Made made) {
    Made* one = ledger.queued.empty() ? nullptr : &ledger.queued.back();
    if (one != nullptr && one->id == made.id) {
        join(*one, made);
    } else {
        ledger.queued.push_back(std::move(made));
        one = &ledger.queued.back();
    }
    ledger.all[one->id] = *one;
}

void Device::note(Meaning meaning) {
    if (meaning.kind == MutationKind::create) {
        meaning.row = stamped(std::move(meaning.row), clock.wall_now());
    }
    collecting_->push_back({{}, {}, std::move(meaning), clock.wall_now()});
}

Key Device::some_key(Dice& dice) const {
    if (scene().built_in) return built_in_key(dice, old_app);
    const auto entities = schema().entities;
    const std::string entity(entities[dice.below(entities.size())].name);
    return {entity, some_id(dice)};
}

Bytes Device::some_row(const Key& key, Dice& dice, bool big) const {
    if (scene().built_in) return built_in_row(key, dice, big);
    return random_row(entity_of(key), key.id, dice, big ? scene().transaction_bytes_max : 0);
}

Bytes Device::some_patch(const Key& key, Dice& dice) const {
    if (scene().built_in) return built_in_patch(key, dice, old_app);
    return random_patch(entity_of(key), dice);
}

void Device::make(Dice& dice, bool big) {
    const Key key = some_key(dice);
    const EntitySchema& entity = entity_of(key);
    const bool there = replica->exists(entity, key.id);
    // Noted before it is tried: if it fails, it may have been done all the same.
    const auto tried = [&](MutationKind kind, const Bytes& payload, auto call) {
        note(decode_mutation(scene(), kind, key.entity, key.id, payload));
        collecting_->back().id = call().id;
    };
    if (!there) {
        const Bytes row = some_row(key, dice, big);
        return tried(MutationKind::create, row, [&] { return replica->create(entity, row); });
    }
    if (dice.below(6) == 0) {
        return tried(MutationKind::remove, {}, [&] { return *replica->remove(entity, key.id); });
    }
    const Bytes patch = some_patch(key, dice);
    if (patch_entries(patch).empty()) {
        const auto ticket = replica->update(entity, key.id, patch);
        if (ticket.id.value != 0) throw Violation("queue", "an empty patch is a mutation");
        return;
    }
    tried(MutationKind::update, patch, [&] { return replica->update(entity, key.id, patch); });
}

void Device::write(Dice& dice) {
    attempt([&] { make(dice, false); });
}

void Device::write_many(std::size_t queued, std::uint64_t seed) {
    Dice dice(seed);
    while (ledger.queued.size() < queued) write(dice);
}

void Device::huge(Dice& dice) {
    attempt([&] { make(dice, true); });
}

void Device::transaction(Dice& dice) {
    struct Stop {};
    try {
        attempt([&] {
            replica->transaction([&] {
                for (std::uint64_t i = 2 + dice.below(3); i > 0; --i) make(dice, false);
                if (dice.below(6) == 0) throw Stop{};
            });
        });
    } catch (const Stop&) {
        collecting_ = nullptr;
    }
}

void Device::twins(Dice& dice) {
    const std::uint64_t number = dice.below(1000);
    const bool removed = dice.below(4) == 0;
    const EntitySchema* const twins = schema().find(scene().twins->name);
    if (twins == nullptr) return;  // an older application without them
    const EntitySchema& entity = *twins;
    const FieldSchema& field = *scene().twin_field;
    attempt([&] {
        replica->transaction([&] {
            for (const std::string_view id : kTwins) {
                const Key key{std::string(entity.name), std::string(id)};
                const auto tried = [&](MutationKind kind, const Bytes& payload, auto call) {
                    note(decode_mutation(scene(), kind, key.entity, key.id, payload));
                    collecting_->back().id = call().id;
                };
                const Bytes row = row_with(entity, id, field, number, dice);
                const Bytes patch = patch_with(entity, field, number);
                if (!replica->exists(entity, id)) {
                    tried(MutationKind::create, row, [&] { return replica->create(entity, row); });
                } else if (removed) {
                    tried(MutationKind::remove, {}, [&] { return *replica->remove(entity, id); });
                } else {
                    tried(MutationKind::update, patch,
                          [&] { return replica->update(entity, id, patch); });
                }
            }
        });
    });
}

void Device::named(Dice& dice) {
    // From an older application a name unknown to the server is one that it may learn: 426.
    const std::size_t known = std::size(kMutators) - (old_app ? 1 : 0);
    const std::string_view name = kMutators[dice.below(known)];
    std::string text = some(dice, "n", kNotes);
    if (name == "share") text += " " + some(dice, "n", kNotes);
    const Bytes arguments = to_bytes(as_bytes(text));
    // What cannot be predicted the first time is not made.
    try {
        attempt([&] {
            note(decode_mutation(scene(), MutationKind::named, name, "", arguments));
            collecting_->back().id = replica->mutate(name, arguments).id;
        });
    } catch (const NotFound&) {
        collecting_ = nullptr;
    } catch (const InvalidArgument&) {
        collecting_ = nullptr;
    }
}

void Device::retry(Dice& dice) {
    if (ledger.rejected.empty()) return;
    auto record = ledger.rejected.begin();
    std::advance(record, static_cast<std::ptrdiff_t>(dice.below(ledger.rejected.size())));
    const MutationId id = record->first;
    // One of them alone would be what their observers must never see.
    if (record->second.meaning.key.id.starts_with("twin")) return;
    ledger.dismissals.insert(id);
    try {
        attempt([&] {
            note(record->second.meaning);
            collecting_->back().id = replica->retry_rejected(id).id;
        });
    } catch (const InvalidArgument&) {
        collecting_ = nullptr;
    } catch (const NotFound&) {
        collecting_ = nullptr;
        if (record->second.meaning.kind == MutationKind::named) return;  // its prediction
        throw Violation("rejections", "a record is not found");
    }
}

void Device::discard(Dice& dice) {
    if (ledger.rejected.empty()) return;
    auto record = ledger.rejected.begin();
    std::advance(record, static_cast<std::ptrdiff_t>(dice.below(ledger.rejected.size())));
    ledger.dismissals.insert(record->first);
    attempt([&] { replica->discard_rejected(record->first); });
}

}  // namespace syncline::sim
