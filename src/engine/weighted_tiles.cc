#include "engine/weighted_tiles.h"

#include <algorithm>
#include <bit>

#include "base/elementary.h"

namespace plumb::engine {
namespace {

WeightedTile* TileAt(int64_t index, std::vector<WeightedTile>* tiles) {
  auto place = tiles->end();
  while (place != tiles->begin() && (place - 1)->index >= index) --place;  // nearly always among the last
  if (place == tiles->end() || place->index != index) {
    place = tiles->emplace(place);
    place->index = index;
  }
  return &*place;
}

// 2^-gap; what lies further back than the range of double counts as nothing.
double PowerOfHalf(int64_t gap) {
  return gap > 1000 ? 0 : std::bit_cast<double>(static_cast<uint64_t>(1023 - gap) << 52);
}

}  // namespace

int64_t TileOf(base::Time time, base::Duration half_life) {
  const int64_t quotient = time / half_life;
  return quotient - (time % half_life < 0 ? 1 : 0);
}

base::Time FirstTileTime(base::Time at, base::Duration half_life) {
  const __int128 start = (static_cast<__int128>(TileOf(at, half_life)) - expr::Aggregate::kEwmaTilesMax) * half_life;
  return start < base::kTimeMin ? base::kTimeMin : static_cast<base::Time>(start);
}

double TileWeight(base::Time time, base::Duration half_life) {
  base::Duration into_tile = time % half_life;
  if (into_tile < 0) into_tile += half_life;
  return base::Pow(2, -(static_cast<double>(half_life - into_tile) / static_cast<double>(half_life)));
}

void AddToTiles(base::Time time, double value, base::Duration half_life, std::vector<WeightedTile>* tiles) {
  WeightedTile* tile = TileAt(TileOf(time, half_life), tiles);
  const double weight = TileWeight(time, half_life);
  tile->sum.Add(data::CanonicalDouble(value * weight));
  tile->weight.Add(weight);
}

void MergeTiles(const std::vector<WeightedTile>& from, std::vector<WeightedTile>* into) {
  for (const WeightedTile& tile : from) {
    WeightedTile* target = TileAt(tile.index, into);
    target->sum.Merge(tile.sum);
    target->weight.Merge(tile.weight);
  }
}

bool FoldTiles(const std::vector<WeightedTile>& tiles, int64_t first, double* mean) {
  double sum = 0, weight = 0;
  int64_t before = 0;
  for (const WeightedTile& tile : tiles) {
    if (tile.index < first) continue;
    const double factor = weight == 0 ? 0 : PowerOfHalf(tile.index - before);
    sum = (weight == 0 ? 0 : sum * factor) + tile.sum.Value();
    weight = weight * factor + tile.weight.Value();
    before = tile.index;
  }
  if (weight == 0) return false;
  *mean = sum / weight;
  return true;
}

}  // namespace plumb::engine
