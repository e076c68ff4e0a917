// The pre-activation gradient u of y = f(z), from the gradient v of y and from y, which has the sign of z; and Σu
// of each chunk of each channel. A group of threads takes a chunk.
//
// Joined with group.wgsl, which adds up the threads' sums, and activation.wgsl, which has the derivative of f.

struct Params {
    // Tensors [outer, channels, inner]: channels, numbers of a channel, and how many of them lie together.
    channels: u32,
    count: u32,
    inner: u32,
    // Numbers of a chunk, and chunks of a channel.
    chunk: u32,
    chunks: u32,
    // Of the activation.
    slope: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> v: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> u: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;

const WORKGROUP: u32 = 256u;

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
    var sum = 0.0;
    for (var k = start + lane.rank; k < end; k += GROUP) {
        let offset = offset_of(channel, k);
        let gradient = activation_gradient(v[offset], y[offset]);
        u[offset] = gradient;
        sum += gradient;
    }
    sum = group_sum(lane, sum);
    if is_leader(lane) && i < results {
        sums[i] = sum;
    }
}
