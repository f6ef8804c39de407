#include <optional>

#include "layout.hpp"
#include "patch_values.hpp"
#include "scalar.hpp"
#include "syncline/protocol/patch.hpp"

namespace syncline {
namespace {

/// What one patch does to one field.
struct Step {
    bool assigns = false;
    bool adds = false;
    bool inserts = false;
    bool erases = false;
    RowView set;
    RowView unset;

    bool any() const { return assigns || adds || inserts || erases; }
};

/// The entries of a patch, field by field.
class Steps {
public:
    explicit Steps(ByteView patch)
        : entries_(patch_entries(patch)), set_(patch_set(patch)), unset_(patch_unset(patch)) {}

    /// Fields are to be asked for in ascending order.
    Step take(FieldId field) {
        Step step;
        step.set = set_;
        step.unset = unset_;
        for (; next_ < entries_.size() && entries_[next_].field == field; ++next_) {
            const PatchOp op = entries_[next_].op;
            step.assigns |= op == PatchOp::assign;
            step.adds |= op == PatchOp::add;
            step.inserts |= op == PatchOp::insert;
            step.erases |= op == PatchOp::erase;
        }
        return step;
    }

private:
    std::vector<PatchEntry> entries_;
    std::size_t next_ = 0;
    RowView set_;
    RowView unset_;
};

bool is_float(FieldType type) {
    return type == FieldType::float32 || type == FieldType::float64;
}

bool keeps_extreme(const FieldSchema& field) {
    return (field.merge == MergePolicy::max || field.merge == MergePolicy::min) &&
           is_scalar(field.type);
}

/// One field of the joined patch; each function returns whether there is one that does the same.
class Join {
public:
    Join(const FieldSchema& field, const Step& first, const Step& second, PatchBuilder& out)
        : field_(field), first_(first), second_(second), out_(out) {}

    bool run() {
        if (!first_.any()) return keep(second_);
        if (!second_.any()) return keep(first_);
        if (second_.adds) return first_.assigns ? add_to_assigned() : add_to_added();
        if (!second_.assigns) return first_.assigns ? change_assigned() : change_changed();
        return keeps_extreme(field_) ? extreme() : keep(second_);
    }

private:
    bool keep(const Step& step) {
        if (step.assigns) out_.assign(field_.id).copy(field_.id, step.set);
        if (step.adds) out_.add(field_.id).copy(field_.id, step.set);
        if (step.inserts) out_.insert(field_.id).copy(field_.id, step.set);
        if (step.erases) out_.erase(field_.id).copy(field_.id, step.unset);
        return true;
    }

    bool extreme() {
        const bool here = first_.set.has(field_.id);
        const bool there = second_.set.has(field_.id);
        // What an absent one means to a field that is not optional is the default that the reader's
        // version of the schema has.
        if (!field_.optional && (!here || !there)) return false;
        if (!here || !there) return keep(here ? first_ : second_);
        const std::uint64_t before = order_key(field_.type, bits_of(field_, first_.set));
        const std::uint64_t after = order_key(field_.type, bits_of(field_, second_.set));
        const bool takes = field_.merge == MergePolicy::max ? after > before : after < before;
        return keep(takes ? second_ : first_);
    }

    bool add_to_assigned() {
        if (!first_.set.has(field_.id) && !field_.optional) return false;
        const std::uint64_t before =
            first_.set.has(field_.id) ? bits_of(field_, first_.set) : std::uint64_t{0};
        const std::uint64_t sum = saturating_add(field_.type, before, bits_of(field_, second_.set));
        put_bits(out_.assign(field_.id), field_, sum);
        return true;
    }

    // An amount up and one down differ from their sum where the first reaches the end of the range,
    // and so does a sum that is beyond it. Sums of floats depend on their order.
    bool add_to_added() {
        if (is_float(field_.type)) return false;
        const std::uint64_t one = bits_of(field_, first_.set);
        const std::uint64_t other = bits_of(field_, second_.set);
        const std::uint64_t sum = saturating_add(field_.type, one, other);
        const std::uint64_t zero = order_key(field_.type, 0);
        const bool up = order_key(field_.type, one) > zero || order_key(field_.type, other) > zero;
        const bool down =
            order_key(field_.type, one) < zero || order_key(field_.type, other) < zero;
        const bool whole = low_bytes(sum - other, scalar_size(field_.type)) == one;
        if ((up && down) || !whole) return false;
        put_bits(out_.add(field_.id), field_, sum);
        return true;
    }

    Elements inserted(const Step& step) const {
        return step.inserts ? elements_of(field_, step.set) : Elements();
    }
    Elements erased(const Step& step) const {
        return step.erases ? elements_of(field_, step.unset) : Elements();
    }

    bool change_assigned() {
        const Elements kept = without(elements_of(field_, first_.set), erased(second_));
        put_elements(out_.assign(field_.id), field_, together(kept, inserted(second_)));
        return true;
    }

    // ((set \ e1 + i1) \ e2) + i2  =  set \ (e1 + e2)  +  (i1 \ e2 + i2)
    bool change_changed() {
        const Elements gone = together(erased(first_), erased(second_));
        const Elements added =
            together(without(inserted(first_), erased(second_)), inserted(second_));
        if (gone.empty() && added.empty()) return false;
        if (!added.empty()) put_elements(out_.insert(field_.id), field_, added);
        if (!gone.empty()) put_elements(out_.erase(field_.id), field_, gone);
        return true;
    }

    const FieldSchema& field_;
    const Step& first_;
    const Step& second_;
    PatchBuilder& out_;
};

}  // namespace

std::optional<Bytes> join_patches(const EntitySchema& entity, ByteView first, ByteView second) {
    Steps before(first);
    Steps after(second);
    PatchBuilder joined(entity);
    for (const FieldSchema& field : entity.table->fields) {
        const Step one = before.take(field.id);
        const Step other = after.take(field.id);
        if (!one.any() && !other.any()) continue;
        if (!Join(field, one, other, joined).run()) return std::nullopt;
    }
    return joined.finish();
}

}  // namespace syncline
