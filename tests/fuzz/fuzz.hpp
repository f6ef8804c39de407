#pragma once

#include <vector>

#include "syncline/base/bytes.hpp"

// A fuzz target is one file that defines these two.

/// Does with foreign bytes what syncline does with them. Typed errors are what they are for; any
/// other exception, or a sanitizer's complaint, is a fault.
void fuzz_one(syncline::ByteView bytes);

/// Inputs to begin with: valid ones, from which most others are refused.
std::vector<syncline::Bytes> fuzz_seeds();
