// Takes the place of the C library's function in a suite that does not say THREADS: such a suite is
// left out of the ThreadSanitizer build because it has nothing to show there, and this holds it to
// that.

#include <pthread.h>

#include <cstdio>
#include <cstdlib>

extern "C" int pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) noexcept {
    std::fputs("A suite that starts threads says THREADS in its syncline_test().\n", stderr);
    std::abort();
}
