#pragma once

// Signals, computeds and effects: the whole module.
#include "syncline/reactive/batch.hpp"
#include "syncline/reactive/computed.hpp"
#include "syncline/reactive/effect.hpp"
#include "syncline/reactive/equality.hpp"
#include "syncline/reactive/errors.hpp"
#include "syncline/reactive/graph.hpp"
#include "syncline/reactive/inspect.hpp"
#include "syncline/reactive/scope.hpp"
#include "syncline/reactive/signal.hpp"
#include "syncline/reactive/source.hpp"
