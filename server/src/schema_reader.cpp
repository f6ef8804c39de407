#include "schema_reader.hpp"

#include <flatbuffers/reflection_generated.h>

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "syncline/server/schema_file.hpp"

namespace syncline::server {
namespace {

using reflection::BaseType;

FieldType scalar_type(BaseType type) {
    switch (type) {
        case BaseType::Bool:
            return FieldType::boolean;
        case BaseType::Byte:
            return FieldType::int8;
        case BaseType::UByte:
            return FieldType::uint8;
        case BaseType::Short:
            return FieldType::int16;
        case BaseType::UShort:
            return FieldType::uint16;
        case BaseType::Int:
            return FieldType::int32;
        case BaseType::UInt:
            return FieldType::uint32;
        case BaseType::Long:
            return FieldType::int64;
        case BaseType::ULong:
            return FieldType::uint64;
        case BaseType::Float:
            return FieldType::float32;
        case BaseType::Double:
            return FieldType::float64;
        default:
            return FieldType::none;
    }
}

std::uint64_t width_mask(FieldType type) {
    switch (type) {
        case FieldType::boolean:
        case FieldType::int8:
        case FieldType::uint8:
            return 0xFF;
        case FieldType::int16:
        case FieldType::uint16:
            return 0xFFFF;
        case FieldType::int32:
        case FieldType::uint32:
        case FieldType::float32:
            return 0xFFFFFFFF;
        default:
            return ~std::uint64_t{0};
    }
}

std::uint64_t default_bits(FieldType type, const reflection::Field& field) {
    if (type == FieldType::float32) {
        return std::bit_cast<std::uint32_t>(static_cast<float>(field.default_real()));
    }
    if (type == FieldType::float64) return std::bit_cast<std::uint64_t>(field.default_real());
    return static_cast<std::uint64_t>(field.default_integer()) & width_mask(type);
}

bool is_number(FieldType type) {
    return is_scalar(type) && type != FieldType::boolean;
}

bool is_entity_name(std::string_view name) {
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_rest = [&](char c) { return is_small(c) || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && is_small(name.front()) &&
           std::all_of(name.begin(), name.end(), is_rest);
}

std::string last_part(std::string_view full_name) {
    return std::string(full_name.substr(full_name.rfind('.') + 1));
}

/// The value of an attribute of a table or field; nothing: it does not bear it.
template <class Declaration>
std::optional<std::string> attribute(const Declaration& declaration, const char* name) {
    if (declaration.attributes() == nullptr) return std::nullopt;
    for (const reflection::KeyValue* entry : *declaration.attributes()) {
        if (entry->key()->string_view() != name) continue;
        return entry->value() == nullptr ? std::string() : entry->value()->str();
    }
    return std::nullopt;
}

class Reader {
public:
    Reader(const reflection::Schema& source, const std::string& file, OwnedSchema& result)
        : source_(source), file_(file), result_(result) {}

    void read() {
        for (const reflection::Object* object : *source_.objects()) {
            if (!object->is_struct() && attribute(*object, "entity")) add_entity(*object);
        }
        std::sort(result_.entities.begin(), result_.entities.end(),
                  [](const EntitySchema& a, const EntitySchema& b) { return a.name < b.name; });
        if (result_.entities.empty()) {
            throw SchemaError(file_ + ": has no table with the attribute (entity: \"name\")");
        }
        for (std::vector<FieldSchema>& fields : result_.fields) {
            for (FieldSchema& field : fields) resolve(field);
        }
        if (source_.services() != nullptr) {
            for (const reflection::Service* service : *source_.services()) add_mutators(*service);
        }
        std::sort(result_.mutators.begin(), result_.mutators.end(),
                  [](const MutatorSchema& a, const MutatorSchema& b) { return a.name < b.name; });
        result_.schema.entities = result_.entities;
        result_.schema.mutators = result_.mutators;
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        std::string place = file_ + ": " + table_;
        if (!field_.empty()) place += "." + field_;
        throw SchemaError(place + ": " + what);
    }

    std::string_view keep(std::string text) { return result_.names.emplace_back(std::move(text)); }

    void add_entity(const reflection::Object& object) {
        table_ = last_part(object.name()->string_view());
        field_.clear();
        EntitySchema entity;
        entity.name = keep(*attribute(object, "entity"));
        check_name(entity.name);
        entity.local = attribute(object, "local").has_value();
        entity.conflict = conflict_of(object);
        entity.priority = priority_of(object);
        entity.table = table_of(object);
        table_ = last_part(object.name()->string_view());
        field_.clear();
        entity.key = key_of(*entity.table);
        result_.entities.push_back(entity);
    }

    void add_mutators(const reflection::Service& service) {
        if (service.calls() == nullptr) return;
        for (const reflection::RPCCall* call : *service.calls()) {
            table_ = last_part(service.name()->string_view());
            field_ = call->name()->str();
            if (!is_entity_name(field_)) {
                fail("the name is not made of a-z, 0-9 and _, beginning with a letter");
            }
            for (const MutatorSchema& other : result_.mutators) {
                if (other.name == field_) fail("another method has this name");
            }
            if (call->request()->is_struct() || attribute(*call->request(), "entity")) {
                fail("takes what is no table of arguments; declare a table of its own for them");
            }
            const std::string_view name = keep(field_);
            result_.mutators.push_back({name, table_of(*call->request())});
        }
    }

    void check_name(std::string_view name) const {
        if (!is_entity_name(name)) {
            fail("the entity's name \"" + std::string(name) +
                 "\" is not made of a-z, 0-9 and _, beginning with a letter");
        }
        for (const EntitySchema& other : result_.entities) {
            if (other.name == name) {
                fail("another table is the entity \"" + std::string(name) + "\" already");
            }
        }
    }

    ConflictPolicy conflict_of(const reflection::Object& object) const {
        const auto value = attribute(object, "conflict");
        if (!value || *value == "merge") return ConflictPolicy::merge;
        if (*value == "reject") return ConflictPolicy::reject;
        fail("conflict is \"" + *value + "\"; it can be \"merge\" or \"reject\"");
    }

    std::uint8_t priority_of(const reflection::Object& object) const {
        const auto value = attribute(object, "priority");
        if (!value) return kPriorityDefault;
        if (value->size() == 1 && value->front() >= '1' && value->front() <= '9') {
            return static_cast<std::uint8_t>(value->front() - '0');
        }
        fail("priority is " + *value + "; it can be 1 to 9");
    }

    FieldId key_of(const TableSchema& table) {
        const FieldSchema* key = nullptr;
        for (const FieldSchema& field : table.fields) {
            if (!field.key) continue;
            field_ = std::string(field.name);
            if (key != nullptr) fail("is a second key; an entity has one");
            if (field.type != FieldType::string) fail("is the key and must be a string");
            key = &field;
        }
        field_.clear();
        if (key == nullptr) fail("has no key; make one string field (key)");
        return key->id;
    }

    const TableSchema* table_of(const reflection::Object& object) {
        const auto known = tables_.find(&object);
        if (known != tables_.end()) return known->second;
        TableSchema& table = result_.tables.emplace_back();
        tables_.emplace(&object, &table);
        table.name = keep(last_part(object.name()->string_view()));
        std::vector<FieldSchema>& fields = result_.fields.emplace_back();
        for (const reflection::Field* field : *object.fields()) {
            table_ = table.name;
            field_ = field->name()->str();
            if (!field->deprecated()) fields.push_back(field_of(*field));
        }
        std::sort(fields.begin(), fields.end(),
                  [](const FieldSchema& a, const FieldSchema& b) { return a.id < b.id; });
        table.fields = fields;
        return &table;
    }

    FieldSchema field_of(const reflection::Field& field) {
        FieldSchema result;
        result.name = keep(field.name()->str());
        result.id = field.id();
        read_type(*field.type(), result);
        if (is_scalar(result.type)) {
            result.optional = field.optional();
            result.default_bits = result.optional ? 0 : default_bits(result.type, field);
        }
        result.required = field.required() || field.key();
        result.key = field.key();
        result.unique = attribute(field, "unique").has_value();
        result.indexed = attribute(field, "index").has_value() || result.unique;
        result.merge = merge_of(field, result);
        result.stamp = stamp_of(field, result);
        if (auto target = attribute(field, "references")) {
            if (result.type != FieldType::string) fail("is a reference and must be a string");
            references_.emplace(result.name.data(), Reference{table_, field_, std::move(*target)});
        }
        return result;
    }

    void read_type(const reflection::Type& type, FieldSchema& result) {
        switch (type.base_type()) {
            case BaseType::String:
                result.type = FieldType::string;
                return;
            case BaseType::Obj:
                return read_object(type, result);
            case BaseType::Vector:
                return read_vector(type, result);
            default:
                result.type = scalar_type(type.base_type());
                if (result.type == FieldType::none) {
                    fail("is of a type that syncline does not have (a union, perhaps)");
                }
        }
    }

    const reflection::Object& object_at(const reflection::Type& type) const {
        const auto index = static_cast<std::uint32_t>(type.index());
        if (type.index() < 0 || index >= source_.objects()->size()) fail("names no type");
        return *source_.objects()->Get(index);
    }

    void read_struct(const reflection::Object& object, FieldSchema& result) const {
        if (object.bytesize() <= 0 || object.minalign() <= 0) fail("is a struct without a size");
        result.struct_size = static_cast<std::uint32_t>(object.bytesize());
        result.struct_align = static_cast<std::uint32_t>(object.minalign());
    }

    void read_object(const reflection::Type& type, FieldSchema& result) {
        const reflection::Object& object = object_at(type);
        if (object.is_struct()) {
            result.type = FieldType::structure;
            return read_struct(object, result);
        }
        result.type = FieldType::table;
        if (attribute(object, "entity")) fail("holds an entity; refer to it by its id instead");
        const auto here = std::pair(table_, field_);
        result.table = table_of(object);
        std::tie(table_, field_) = here;
    }

    void read_vector(const reflection::Type& type, FieldSchema& result) {
        result.type = FieldType::vector;
        result.element = scalar_type(type.element());
        if (type.element() == BaseType::String) result.element = FieldType::string;
        if (type.element() == BaseType::Obj) {
            const reflection::Object& object = object_at(type);
            if (!object.is_struct()) fail("is a vector of tables; use structs or an entity");
            result.element = FieldType::structure;
            read_struct(object, result);
        }
        if (result.element == FieldType::none) fail("is a vector of what syncline does not have");
    }

    MergePolicy merge_of(const reflection::Field& field, const FieldSchema& type) const {
        const auto value = attribute(field, "merge");
        if (!value || *value == "lww") return MergePolicy::lww;
        const std::string wrong = "merge is \"" + *value + "\", which is for ";
        if (*value == "counter") {
            if (!is_number(type.type)) fail(wrong + "numbers");
            return MergePolicy::counter;
        }
        if (*value == "set") {
            if (type.type != FieldType::vector) fail(wrong + "vectors");
            return MergePolicy::set;
        }
        if (*value == "max" || *value == "min") {
            if (!is_number(type.type)) fail(wrong + "numbers");
            return *value == "max" ? MergePolicy::max : MergePolicy::min;
        }
        fail("merge is \"" + *value + "\"; it can be lww, counter, set, max or min");
    }

    Stamp stamp_of(const reflection::Field& field, const FieldSchema& type) const {
        const bool created = attribute(field, "created_at").has_value();
        const bool updated = attribute(field, "updated_at").has_value();
        if (!created && !updated) return Stamp::none;
        if (created && updated) fail("cannot be created_at and updated_at at once");
        if (type.type != FieldType::int64) fail("is a time stamp and must be a long");
        return created ? Stamp::created_at : Stamp::updated_at;
    }

    struct Reference {
        std::string table;
        std::string field;
        std::string target;
    };

    void resolve(FieldSchema& field) {
        const auto found = references_.find(field.name.data());
        if (found == references_.end()) return;
        const Reference& reference = found->second;
        for (const EntitySchema& entity : result_.entities) {
            // A table, also with its namespace, or an entity, as the generator takes it.
            if (entity.table->name == last_part(reference.target) ||
                entity.name == reference.target) {
                field.references = entity.name;
                return;
            }
        }
        table_ = reference.table;
        field_ = reference.field;
        fail("references \"" + reference.target + "\", which is no entity's table");
    }

    const reflection::Schema& source_;
    const std::string& file_;
    OwnedSchema& result_;
    std::map<const reflection::Object*, const TableSchema*> tables_;
    std::map<const char*, Reference> references_;  // by the kept name of the field
    std::string table_;                            // where we are, for messages
    std::string field_;
};

}  // namespace

void read_schema(ByteView bfbs, const std::string& file, OwnedSchema& result) {
    flatbuffers::Verifier verifier(bfbs.data(), bfbs.size());
    if (!reflection::VerifySchemaBuffer(verifier)) {
        throw SchemaError(file + ": is no compiled FlatBuffers schema");
    }
    Reader(*reflection::GetSchema(bfbs.data()), file, result).read();
}

}  // namespace syncline::server
