// The chunks that channels are cut into for sums.

// A chunk's numbers are `first..end` of its channel's.
struct Chunk {
    channel: u32,
    first: u32,
    end: u32,
}

// Chunks are numbered by their place in the channel first; those past the last one are empty.
fn chunk_of(i: u32) -> Chunk {
    let first = i / params.channels * params.chunk;
    return Chunk(i % params.channels, first, min(first + params.chunk, params.count));
}

fn count() -> u32 {
    return params.channels * params.chunks;
}

// A team's threads read neighbours, unless the numbers that lie together are fewer than they are.
fn side_by_side() -> bool {
    return params.run < TEAM;
}
