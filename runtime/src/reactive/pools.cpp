#include "pools.hpp"

#include <algorithm>
#include <vector>

namespace syncline::detail {

struct ChunkStore::Region {
    void* memory = nullptr;
    std::size_t chunks = 0;
    std::vector<void*> free;
    Region* next = nullptr;
    Region* previous = nullptr;
};

ChunkStore::~ChunkStore() {
    while (regions_ != nullptr) remove(*regions_);
}

// Regions grow with the graph, so that a small one stays small and a large one wastes little on
// alignment.
ChunkStore::Region* ChunkStore::add_region() {
    auto* const region = new Region;
    region->chunks = next_chunks_;
    next_chunks_ = std::min<std::size_t>(next_chunks_ * 2, 64);
    const std::size_t bytes = region->chunks * kChunkBytes;
    region->memory = ::operator new (bytes, std::align_val_t{kChunkBytes});
    region->free.reserve(region->chunks);
    for (std::size_t i = region->chunks; i > 0; --i) {
        region->free.push_back(static_cast<char*>(region->memory) + (i - 1) * kChunkBytes);
    }
    region->next = regions_;
    if (regions_ != nullptr) regions_->previous = region;
    regions_ = region;
    return region;
}

void ChunkStore::remove(Region& region) noexcept {
    (region.previous != nullptr ? region.previous->next : regions_) = region.next;
    if (region.next != nullptr) region.next->previous = region.previous;
    ::operator delete (region.memory, std::align_val_t{kChunkBytes});
    delete &region;
}

ChunkStore::Piece ChunkStore::take() {
    Region* region = regions_;
    while (region != nullptr && region->free.empty()) region = region->next;
    if (region == nullptr) region = add_region();
    void* const memory = region->free.back();
    region->free.pop_back();
    return {memory, region};
}

void ChunkStore::give_back(Piece piece) noexcept {
    Region& region = *piece.region;
    region.free.push_back(piece.memory);
    if (region.free.size() < region.chunks) return;
    if (regions_ == &region && region.next == nullptr) return;
    remove(region);
}

BlockPool::Chunk* BlockPool::add_chunk() {
    const ChunkStore::Piece piece = store_.take();
    auto* const chunk = ::new (piece.memory) Chunk{};
    chunk->fresh = static_cast<char*>(piece.memory) + sizeof(Chunk);
    chunk->pool = this;
    chunk->region = piece.region;
    chunk->end =
        chunk->fresh + (ChunkStore::kChunkBytes - sizeof(Chunk)) / block_bytes_ * block_bytes_;
    revive(*chunk);
    return chunk;
}

void BlockPool::retire(Chunk& chunk) noexcept {
    if (chunk.next != nullptr) chunk.next->previous = chunk.previous;
    (chunk.previous != nullptr ? chunk.previous->next : usable_) = chunk.next;
    chunk.next = chunk.previous = nullptr;
}

void BlockPool::revive(Chunk& chunk) noexcept {
    chunk.next = usable_;
    chunk.previous = nullptr;
    if (usable_ != nullptr) usable_->previous = &chunk;
    usable_ = &chunk;
}

// The last chunk stays, so that a single node that comes and goes does not cost a chunk each time.
void BlockPool::drop_if_spare(Chunk& chunk) noexcept {
    if (usable_ == &chunk && chunk.next == nullptr) return;
    retire(chunk);
    store_.give_back({&chunk, chunk.region});
}

}  // namespace syncline::detail
