#pragma once

#include <string>

#include "syncline/reactive/detail/callback.hpp"
#include "syncline/reactive/detail/node.hpp"

namespace syncline::detail {

void set_name(SourceNode& node, std::string name);
std::string name_of(SourceNode& node);
bool is_observed(SourceNode& node);
void set_hooks(SourceNode& node, Callback* on_observed, Callback* on_unobserved);

}  // namespace syncline::detail
