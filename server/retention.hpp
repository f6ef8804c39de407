#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>

#include "syncline/base/clock.hpp"
#include "syncline/base/executor.hpp"
#include "syncline/server/engine.hpp"
#include "syncline/server/http_server.hpp"

namespace syncline::server {

/// Forgets old deletes, now and every hour, on the thread that runs pushes. Both must outlive it.
class Retention {
public:
    Retention(HttpServer& server, Engine& engine, std::chrono::hours age)
        : server_(server), engine_(engine), age_(age) {
        run();
    }

private:
    void run() {
        server_.post_write([&engine = engine_, age = age_] {
            try {
                engine.purge_older_than(age);
            } catch (const std::exception& error) {
                spdlog::error("old deletes could not be purged: {}", error.what());
            }
        });
        timer_.post_at(SystemClock::instance().now() + std::chrono::hours{1}, [this] { run(); });
    }

    HttpServer& server_;
    Engine& engine_;
    std::chrono::hours age_;
    ThreadExecutor timer_;
};

}  // namespace syncline::server
