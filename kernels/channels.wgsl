// Tensors [a, b, c] taken apart by their b channels, each of which has a rows of c numbers, and the chunks that
// channels are cut into for sums.

struct Params {
    channels: u32,
    // Numbers in a channel, and how many of them lie together.
    count: u32,
    run: u32,
    // Numbers in a chunk, and chunks in a channel.
    chunk: u32,
    chunks: u32,
    // How many weights there are; channels beyond them take them again. 0 says that all are 1.
    features: u32,
    eps: f32,
    // Of the activation.
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;

// A chunk of a channel. Its numbers are `first..end` of the channel's.
struct Chunk {
    channel: u32,
    first: u32,
    end: u32,
}

// Chunks are numbered by their place in the channel first; those past the last one are empty.
fn chunk_of(number: u32) -> Chunk {
    let first = number / params.channels * params.chunk;
    return Chunk(number % params.channels, first, min(first + params.chunk, params.count));
}

fn is_chunk(number: u32) -> bool {
    return number < params.channels * params.chunks;
}

// The position of number `k` of a channel.
fn position(channel: u32, k: u32) -> u32 {
    return (k / params.run * params.channels + channel) * params.run + k % params.run;
}

// Of the number at a position.
fn channel_of(position: u32) -> u32 {
    return position / params.run % params.channels;
}
