#include "live_window.hpp"

#include <algorithm>
#include <utility>

#include "field_values.hpp"

namespace syncline {

namespace {

// As many as are shown, so that refilling costs each row that goes a constant share.
constexpr std::size_t kReserveMin = 16;

std::size_t reserve_for(std::optional<std::uint64_t> limit) {
    return limit ? std::max<std::size_t>(*limit, kReserveMin) : 0;
}

const FieldSchema* order_field(const EntitySchema& entity, const LiveSpec& spec) {
    if (!spec.order_by || *spec.order_by == entity.key) return nullptr;
    return entity.table->find(*spec.order_by);
}

}  // namespace

bool matches(const EntitySchema& entity, const LiveSpec& spec, const Row& row) {
    for (const Condition& condition : spec.where) {
        if (!matches(entity, condition, row)) return false;
    }
    return !spec.filter || spec.filter(row);
}

bool LiveWindow::Before::operator()(const Place& a, const Place& b) const {
    if (by_id) return descending ? b.id < a.id : a.id < b.id;
    const std::weak_ordering order = compare(a.value, b.value);
    if (order != 0) return descending ? order > 0 : order < 0;
    return a.id < b.id;
}

LiveWindow::LiveWindow(const EntitySchema& entity, const LiveSpec& spec)
    : entity_(entity),
      order_(order_field(entity, spec)),
      limit_(spec.limit),
      reserve_max_(reserve_for(spec.limit)),
      shown_(Before{spec.descending, order_ == nullptr}),
      reserve_(shown_.key_comp()) {}

bool LiveWindow::put(std::string_view id, const Row& row) {
    Place place = place_of(id, row);
    const auto known = positions_.find(id);
    if (known == positions_.end()) return insert(std::move(place), row);

    const Position position = known->second;
    if (is_at(position, place)) return replace(position, row);
    const bool erased = erase(position);
    const bool inserted = insert(std::move(place), row);
    return erased || inserted;
}

bool LiveWindow::drop(std::string_view id) {
    const auto known = positions_.find(id);
    return known != positions_.end() && erase(known->second);
}

std::vector<Row> LiveWindow::rows() const {
    std::vector<Row> rows;
    rows.reserve(shown_.size());
    for (const auto& [place, row] : shown_) rows.push_back(row);
    return rows;
}

std::optional<Row> LiveWindow::first() const {
    if (shown_.empty()) return std::nullopt;
    return shown_.begin()->second;
}

LiveWindow::Place LiveWindow::place_of(std::string_view id, const Row& row) const {
    return {order_ == nullptr ? std::nullopt : query_value(*order_, row), std::string(id)};
}

bool LiveWindow::is_at(Position position, const Place& place) const {
    const Before before = shown_.key_comp();
    return !before(place, position.at->first) && !before(position.at->first, place);
}

bool LiveWindow::replace(Position position, const Row& row) {
    const bool same = std::ranges::equal(position.at->second.bytes(), row.bytes());
    position.at->second = row;
    return position.shown && !same;
}

bool LiveWindow::insert(Place place, const Row& row) {
    if (limit_ && *limit_ == 0) return false;
    // Too few are shown and the store has more: what comes next is not known before a refill.
    if (short_of_rows()) return false;
    const bool room = !limit_ || shown_.size() < *limit_;
    if (!room && shown_.key_comp()(std::prev(shown_.end())->first, place)) {
        insert_reserve(std::move(place), row);
        return false;
    }
    add(shown_, std::move(place), row);
    if (!room) hand_on_last();
    return true;
}

void LiveWindow::insert_reserve(Place place, const Row& row) {
    const bool between_known =
        !reserve_.empty() && reserve_.key_comp()(place, std::prev(reserve_.end())->first);
    if (!complete_ && !between_known) return;
    add(reserve_, std::move(place), row);
    trim_reserve();
}

bool LiveWindow::erase(Position position) {
    positions_.erase(position.at->first.id);
    (position.shown ? shown_ : reserve_).erase(position.at);
    if (position.shown && !reserve_.empty()) take_from_reserve();
    return position.shown;
}

void LiveWindow::hand_on_last() {
    const auto moved = reserve_.insert(shown_.extract(std::prev(shown_.end()))).position;
    positions_.insert_or_assign(moved->first.id, Position{moved, false});
    trim_reserve();
}

void LiveWindow::take_from_reserve() {
    const auto moved = shown_.insert(reserve_.extract(reserve_.begin())).position;
    positions_.insert_or_assign(moved->first.id, Position{moved, true});
}

void LiveWindow::trim_reserve() {
    if (reserve_.size() <= reserve_max_) return;
    const auto last = std::prev(reserve_.end());
    positions_.erase(last->first.id);
    reserve_.erase(last);
    complete_ = false;
}

void LiveWindow::add(Rows& rows, Place place, const Row& row) {
    const auto at = rows.emplace(std::move(place), row).first;
    positions_.emplace(at->first.id, Position{at, &rows == &shown_});
}

}  // namespace syncline
