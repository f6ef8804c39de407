#include <memory>
#include <string>
#include <utility>

#include "syncline/reactive/reactive.hpp"

using syncline::Computed;
using syncline::Effect;
using syncline::Signal;

struct Unlike {
    bool operator()(int) const { return false; }
};

void misuse() {
    Signal<int> count(1);
    Signal<std::unique_ptr<int>> box(std::make_unique<int>(1));
    Computed<int> next([&] { return count() + 1; });
    Computed<std::unique_ptr<int>> made([] { return std::make_unique<int>(1); });

#ifdef SIGNAL_OF_A_CONST  // error: T must be an object type, neither const nor an array
    Signal<const int> fixed(1);
#else
    Signal<int> fixed(1);
#endif

#ifdef SIGNAL_OF_A_REFERENCE  // error: T must be an object type, neither const nor an array
    Signal<int&>* reference = nullptr;
    reference->peek();
#else
    Signal<int*> reference(nullptr);
#endif

#ifdef EQUALITY_OF_ONE_VALUE  // error: Equal must be callable as bool(const T&, const T&)
    Signal<int, Unlike> odd(1);
#else
    Signal<int, syncline::NeverEqual> odd(1);
#endif

#ifdef COPY_OF_A_MOVE_ONLY_SIGNAL  // error: read one that cannot be copied by with(f)
    box.get();
#else
    box.with([](const std::unique_ptr<int>& value) { return *value; });
#endif

#ifdef COPY_OF_A_MOVE_ONLY_COMPUTED  // error: read one that cannot be copied by with(f)
    made.get();
#else
    made.with([](const std::unique_ptr<int>& value) { return *value; });
#endif

#ifdef COPY_OF_A_SIGNAL  // error: deleted
    Signal<int> copy(count);
#else
    Signal<int> copy(std::move(count));
#endif

#ifdef WRITE_TO_A_COMPUTED  // error: set
    next.set(1);
#else
    copy.set(1);
#endif

#ifdef COMPUTED_WITHOUT_A_VALUE  // error: holds a value
    Computed nothing([] {});
#else
    Computed something([] { return 1; });
#endif

#ifdef COMPUTED_OF_ANOTHER_TYPE  // error: f must return a T
    Computed<int> text([] { return std::string(); });
#else
    Computed<std::string> text([] { return "text"; });
#endif

#ifdef COMPUTED_WITH_AN_ARGUMENT  // error: f must be callable without arguments
    Computed<int> needy([](int x) { return x; });
#else
    Computed<int> content([] { return 1; });
#endif

#ifdef EFFECT_WITH_AN_ARGUMENT  // error: an effect must be callable without arguments
    Effect effect([](int) {});
#else
    Effect effect([] {});
#endif

#ifdef UPDATE_OF_ANOTHER_TYPE  // error: f must be callable with T&
    copy.update([](std::string&) {});
#else
    copy.update([](int& value) { ++value; });
#endif

#ifdef READ_AS_MUTABLE  // error: f must be callable with const T&
    box.with([](std::unique_ptr<int>& value) { return *value; });
#else
    box.update([](std::unique_ptr<int>& value) { *value = 2; });
#endif

#ifdef FORGOTTEN_HANDLE  // error: nodiscard
    syncline::watch([&] { copy(); });
#else
    const Effect kept = syncline::watch([&] { copy(); });
#endif
}
