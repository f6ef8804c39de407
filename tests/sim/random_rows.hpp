#pragma once

#include <string>
#include <string_view>

#include "sim/steps.hpp"
#include "syncline/base/bytes.hpp"
#include "syncline/protocol/schema.hpp"

// What people write, for any schema: every type of field, every policy, often what others write.

namespace syncline::sim {

/// The ids that rows of an entity have, but for twins.
std::string some_id(Dice& dice);

/// `big`: at least so many bytes long, if the entity has a text to put them into.
Bytes random_row(const EntitySchema& entity, std::string_view id, Dice& dice, std::size_t big = 0);
/// Of one to three fields, or of none if the application may write none.
Bytes random_patch(const EntitySchema& entity, Dice& dice);

/// A row of `id` whose `field`, a text or a whole number, says `number`, and a patch to that.
Bytes row_with(const EntitySchema& entity, std::string_view id, const FieldSchema& field,
               std::uint64_t number, Dice& dice);
Bytes patch_with(const EntitySchema& entity, const FieldSchema& field, std::uint64_t number);

/// Where `random_row` puts what is big; nullptr: nowhere.
const FieldSchema* big_field(const EntitySchema& entity);

}  // namespace syncline::sim
