// The chunks that a tensor is cut into for sums, whatever its axes.

const CHUNK: u32 = 4096u;

// A chunk's numbers are `first..end` of the tensor's.
struct Chunk {
    first: u32,
    end: u32,
}

fn chunk_of(i: u32) -> Chunk {
    let first = i * CHUNK;
    return Chunk(first, min(first + CHUNK, params.count));
}

fn count() -> u32 {
    return (params.count + CHUNK - 1u) / CHUNK;
}
