#include "pools.hpp"

namespace syncline::detail {

// Chunks that are full are in no list: their blocks lead back to them.
BlockPool::~BlockPool() {
    while (usable_ != nullptr) {
        Chunk* const chunk = usable_;
        usable_ = chunk->next;
        ::operator delete (chunk, std::align_val_t{kChunkBytes});
    }
}

BlockPool::Chunk* BlockPool::add_chunk() {
    void* const memory = ::operator new (kChunkBytes, std::align_val_t{kChunkBytes});
    auto* const chunk = ::new (memory) Chunk{};
    chunk->fresh = static_cast<char*>(memory) + sizeof(Chunk);
    chunk->pool = this;
    chunk->end = chunk->fresh + (kChunkBytes - sizeof(Chunk)) / block_bytes_ * block_bytes_;
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
    ::operator delete (&chunk, std::align_val_t{kChunkBytes});
}

}  // namespace syncline::detail
