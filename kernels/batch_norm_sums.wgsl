// Σu·x̂ and Σu of each chunk of each channel: u is the pre-activation gradient, x̂ the normalized x. A group of
// threads takes a chunk.
//
// Joined with group.wgsl, which adds up the threads' sums, and activation.wgsl, which has the activation's
// derivative.

struct Params {
    // Tensors [outer, channels, inner]: channels, numbers of a channel, and how many of them lie together.
    channels: u32,
    count: u32,
    inner: u32,
    // Numbers of a chunk, and chunks of a channel.
    chunk: u32,
    chunks: u32,
    // Length of the weight and the bias, which repeat if there are more channels; 0 if there are none.
    features: u32,
    eps: f32,
    // Of the activation.
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read> variances: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> biases: array<f32>;
@group(0) @binding(5) var<storage, read> x: array<f32>;
@group(0) @binding(6) var<storage, read> v: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<vec2<f32>>;

const WORKGROUP: u32 = 256u;

// What normalizes a channel: its mean and 1/√(variance + eps), and the weight and bias that follow.
struct ChannelNorm {
    mean: f32,
    rstd: f32,
    weight: f32,
    bias: f32,
}

fn channel_norm(channel: u32) -> ChannelNorm {
    let rstd = inverseSqrt(variances[channel] + params.eps);
    if params.features == 0u {
        return ChannelNorm(means[channel], rstd, 1.0, 0.0);
    }
    let feature = channel % params.features;
    return ChannelNorm(means[channel], rstd, weights[feature], biases[feature]);
}

fn normalize(norm: ChannelNorm, x: f32) -> f32 {
    return (x - norm.mean) * norm.rstd;
}

// What the activation is applied to.
fn affine(norm: ChannelNorm, x_hat: f32) -> f32 {
    return x_hat * norm.weight + norm.bias;
}

// Offset of number `k` of a channel.
fn offset_of(channel: u32, k: u32) -> u32 {
    return (k / params.inner * params.channels + channel) * params.inner + k % params.inner;
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let results = params.channels * params.chunks;
    let first_result = (workgroup_id.y * grid.x + workgroup_id.x) * GROUPS;
    if first_result >= results {
        return;
    }
    // Threads of a group read neighbours, unless the numbers that lie together are fewer than they are.
    let lane = lane_of(thread, params.inner < GROUP);
    // A group takes a chunk of a channel; the first chunks of all channels come first. Those past the last are empty.
    let i = first_result + lane.group;
    let channel = i % params.channels;
    let start = i / params.channels * params.chunk;
    let end = min(start + params.chunk, params.count);
    let norm = channel_norm(channel);
    var sum = vec2<f32>();
    for (var k = start + lane.rank; k < end; k += GROUP) {
        let offset = offset_of(channel, k);
        let x_hat = normalize(norm, x[offset]);
        let u = activation_gradient(v[offset], affine(norm, x_hat));
        sum += vec2<f32>(u * x_hat, u);
    }
    sum = group_sums(lane, sum);
    if is_leader(lane) && i < results {
        sums[i] = sum;
    }
}
