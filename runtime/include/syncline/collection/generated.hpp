#pragma once

// All that generated code includes.

#include "syncline/collection/change.hpp"
#include "syncline/collection/collection.hpp"
#include "syncline/collection/entity.hpp"
#include "syncline/collection/entity_view.hpp"
#include "syncline/collection/field.hpp"
#include "syncline/collection/live_query.hpp"
#include "syncline/collection/model.hpp"
#include "syncline/collection/mutator_rows.hpp"
#include "syncline/collection/put.hpp"
#include "syncline/collection/query.hpp"
#include "syncline/collection/vector_view.hpp"
#include "syncline/protocol/named_mutator.hpp"
#include "syncline/protocol/reject.hpp"

namespace syncline {

/// Shape of generated code that these headers are for; generated files check it.
inline constexpr int kGeneratedFormat = 1;

}  // namespace syncline
