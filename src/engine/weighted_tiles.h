// weighted_tiles.h: the exponentially weighted mean, summed exactly within tiles of time.
//
// Why: a weight 2^(−age / h) changes with every t, and sums of changing terms cannot be kept. But within a tile of
// length h aligned to the epoch, weights relative to the tile's end never change; from tile to tile they halve, which
// is exact. So the sums of a tile are kept exactly, each is rounded once, and tiles are folded oldest first: the result
// depends neither on the order of events nor on t's place in its tile. Relative error: at most one rounding per term
// and tile.
//
// Thread safety: pure functions.
#pragma once

#include <vector>

#include "engine/aggregate_state.h"

namespace plumb::engine {

// 2^(−(end of the tile − time) / half_life), in [0.5, 1).
double TileWeight(base::Time time, base::Duration half_life);

// Adds an event to the tile with its index, which is made if it is new.
void AddToTiles(base::Time time, double value, base::Duration half_life, std::vector<WeightedTile>* tiles);
void MergeTiles(const std::vector<WeightedTile>& from, std::vector<WeightedTile>* into);

// Σ xᵢ·2^(−ageᵢ/h) / Σ 2^(−ageᵢ/h) over the tiles from `first` on. False: there are none.
bool FoldTiles(const std::vector<WeightedTile>& tiles, int64_t first, double* mean);

}  // namespace plumb::engine
