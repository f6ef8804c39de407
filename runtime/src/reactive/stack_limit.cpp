#include "stack_limit.hpp"

#include <cstddef>

#if defined(__linux__)
#include <pthread.h>
#elif defined(__APPLE__)
#include <pthread.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace syncline::detail {

const char* end_of_stack() noexcept {
#if defined(__linux__)
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
    void* low = nullptr;
    std::size_t bytes = 0;
    const bool known = pthread_attr_getstack(&attributes, &low, &bytes) == 0;
    pthread_attr_destroy(&attributes);
    return known ? static_cast<const char*>(low) : nullptr;
#elif defined(__APPLE__)
    const auto thread = pthread_self();
    return static_cast<const char*>(pthread_get_stackaddr_np(thread)) -
           pthread_get_stacksize_np(thread);
#elif defined(_WIN32)
    ULONG_PTR low = 0;
    ULONG_PTR high = 0;
    GetCurrentThreadStackLimits(&low, &high);
    return reinterpret_cast<const char*>(low);
#else
    return nullptr;
#endif
}

}  // namespace syncline::detail
