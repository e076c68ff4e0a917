// Mean and variance of each channel from those of its chunks: chunks count by their share of the numbers, and a
// chunk's numbers are as far from the channel's mean as its own mean is (Chan, Golub, LeVeque, 1979).
//
// Joined with group.wgsl, which adds up the threads' sums.

struct Params {
    channels: u32,
    // Numbers of a channel, numbers of a chunk, and chunks of a channel.
    count: u32,
    chunk: u32,
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> means: array<f32>;
@group(0) @binding(2) var<storage, read> variances: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean_out: array<f32>;
@group(0) @binding(4) var<storage, read_write> variance_out: array<f32>;

const WORKGROUP: u32 = 256u;

// What part of a channel's numbers is in a chunk.
fn share_of(i: u32) -> f32 {
    let first = i * params.chunk;
    return f32(min(first + params.chunk, params.count) - first) / f32(params.count);
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let first_channel = (workgroup_id.y * grid.x + workgroup_id.x) * GROUPS;
    if first_channel >= params.channels {
        return;
    }
    // Neighbouring channels are neighbours in memory.
    let lane = lane_of(thread, true);
    let channel = first_channel + lane.group;
    let chunks = select(0u, params.chunks, channel < params.channels);
    var sum = 0.0;
    for (var i = lane.rank; i < chunks; i += GROUP) {
        sum += share_of(i) * means[i * params.channels + channel];
    }
    let mean = group_sum(lane, sum);
    var weighted = 0.0;
    for (var i = lane.rank; i < chunks; i += GROUP) {
        let delta = means[i * params.channels + channel] - mean;
        weighted += share_of(i) * (variances[i * params.channels + channel] + delta * delta);
    }
    let variance = group_sum(lane, weighted);
    if is_leader(lane) && channel < params.channels {
        mean_out[channel] = mean;
        variance_out[channel] = variance;
    }
}
