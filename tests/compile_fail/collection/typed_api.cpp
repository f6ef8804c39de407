#include "todo.hpp"

using todo::ListFields;
using todo::TodoFields;

void misuse(const todo::TodoCollection& todos, const todo::Todo& milk) {
#ifdef WHERE_ON_A_FIELD_WITHOUT_INDEX  // error: where() takes the key and indexed fields only
    todos.query().where(TodoFields::title == "milk");
#else
    todos.query().where(TodoFields::list_id == "home");
#endif

#ifdef ORDER_BY_A_FIELD_WITHOUT_INDEX  // error: order_by() takes the key and indexed fields only
    todos.query().order_by(TodoFields::due);
#else
    todos.query().order_by(TodoFields::id);
#endif

#ifdef FIELD_OF_ANOTHER_ENTITY  // error: FieldCondition
    todos.query().where(ListFields::id == "home");
#else
    todos.query().where(TodoFields::id == "milk");
#endif

#ifdef COMPARED_WITH_ANOTHER_TYPE  // error: no match for
    todos.query().where(TodoFields::list_id == 7);
#else
    todos.query().where(TodoFields::list_id >= "7");
#endif

#ifdef ORDER_OF_A_LIST  // error: this field's type has no order
    todos.live([](const todo::TodoView&) { return true; }, TodoFields::tags);
#else
    todos.live([](const todo::TodoView&) { return true; }, TodoFields::title);
#endif

#ifdef CLEARED_REQUIRED_FIELD  // error: could not convert
    todo::TodoPatch patch{.title = syncline::cleared};
#else
    todo::TodoPatch patch{.due = syncline::cleared};
#endif
    milk.update(patch);

#ifdef INSERTED_INTO_WHAT_IS_NO_SET  // error: cannot convert
    milk.update({.visits = syncline::insert({1})});
#else
    milk.update({.visits = syncline::add(1)});
#endif

#ifdef FORGOTTEN_REQUIRED_FIELD  // error: missing initializer for member 'todo::TodoDraft::title'
    todos.create({.done = true});
#else
    todos.create({.title = "milk", .done = true});
#endif

#ifdef CHANGED_KEY  // error: has no non-static data member named 'id'
    todo::TodoPatch other{.id = "bread"};
#else
    todo::TodoPatch other{.title = "bread"};
#endif
    milk.update(other);
}
