// Tensors [a, b, c] taken apart by their b channels, each of which has a rows of c numbers.

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

// The position of number `k` of a channel.
fn position(channel: u32, k: u32) -> u32 {
    return (k / params.run * params.channels + channel) * params.run + k % params.run;
}

// Of the number at a position.
fn channel_of(position: u32) -> u32 {
    return position / params.run % params.channels;
}
