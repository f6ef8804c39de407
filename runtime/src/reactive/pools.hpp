#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define SYNCLINE_REACTIVE_POOLS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYNCLINE_REACTIVE_POOLS 0
#endif
#endif
#ifndef SYNCLINE_REACTIVE_POOLS
#define SYNCLINE_REACTIVE_POOLS 1
#endif

namespace syncline::detail {

/// Aligned chunks, cut from larger regions. A region whose chunks are all free goes back to the
/// system, except for the last one. Guarded by the graph lock.
class ChunkStore {
public:
    static constexpr std::uintptr_t kChunkBytes = 16 * 1024;

    ChunkStore() = default;
    ChunkStore(const ChunkStore&) = delete;
    ChunkStore& operator=(const ChunkStore&) = delete;
    ~ChunkStore();

    struct Region;
    struct Piece {
        void* memory;
        Region* region;
    };
    Piece take();
    void give_back(Piece piece) noexcept;

private:
    Region* add_region();
    void remove(Region& region) noexcept;

    Region* regions_ = nullptr;
    std::size_t next_chunks_ = 4;
};

/// Blocks of one size, cut from chunks. A chunk whose blocks are all free goes back to the store,
/// except for one. Guarded by the graph lock.
class BlockPool {
public:
    BlockPool(ChunkStore& store, std::size_t block_bytes)
        : store_(store), block_bytes_(block_bytes) {}
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;

    void* allocate() {
#if SYNCLINE_REACTIVE_POOLS
        Chunk* chunk = usable_;
        if (chunk == nullptr) chunk = add_chunk();
        ++chunk->used;
        Block* const block = chunk->free;
        if (block != nullptr) {
            chunk->free = block->next;
            if (block->next == nullptr && chunk->fresh == chunk->end) retire(*chunk);
            return block;
        }
        char* const fresh = chunk->fresh;
        chunk->fresh += block_bytes_;
        if (chunk->fresh == chunk->end) retire(*chunk);
        return fresh;
#else
        return ::operator new(block_bytes_);
#endif
    }

    /// Frees a block of any pool.
    static void free(void* memory) noexcept {
#if SYNCLINE_REACTIVE_POOLS
        Chunk& chunk = *reinterpret_cast<Chunk*>(reinterpret_cast<std::uintptr_t>(memory) &
                                                 ~(ChunkStore::kChunkBytes - 1));
        const bool was_full = chunk.free == nullptr && chunk.fresh == chunk.end;
        auto* const block = static_cast<Block*>(memory);
        block->next = chunk.free;
        chunk.free = block;
        --chunk.used;
        if (was_full) chunk.pool->revive(chunk);
        if (chunk.used == 0) chunk.pool->drop_if_spare(chunk);
#else
        ::operator delete(memory);
#endif
    }

private:
    struct Block {
        Block* next;
    };
    struct alignas(16) Chunk {
        Block* free;
        char* fresh;  // from here to `end` nothing was ever allocated
        char* end;
        Chunk* next;
        Chunk* previous;
        BlockPool* pool;
        ChunkStore::Region* region;
        std::size_t used;
    };

    Chunk* add_chunk();
    void retire(Chunk& chunk) noexcept;
    void revive(Chunk& chunk) noexcept;
    void drop_if_spare(Chunk& chunk) noexcept;

    ChunkStore& store_;
    const std::size_t block_bytes_;
    Chunk* usable_ = nullptr;  // chunks with free blocks
};

}  // namespace syncline::detail
