// Σ softplus(x) − x·t of each chunk of logits x and targets t: their binary cross-entropy. A workgroup takes a chunk.
//
// Joined with group.wgsl, which adds up the threads' sums, and math.wgsl, which has softplus.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const WORKGROUP: u32 = 256u;
const GROUP: u32 = WORKGROUP;
const CHUNK: u32 = 4096u;

// softplus(x) − x·t, without that difference: where a confident logit is right it would cancel to nothing.
fn loss_of(x: f32, t: f32) -> f32 {
    // The part of the target that speaks against the logit's sign. An infinite logit that is right has no loss.
    let against = select(1.0 - t, t, x < 0.0);
    return select(abs(x) * against, 0.0, against == 0.0) + softplus(-abs(x));
}

@compute @workgroup_size(WORKGROUP)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let i = workgroup_id.y * grid.x + workgroup_id.x;
    let start = i * CHUNK;
    if start >= params.count {
        return;
    }
    let end = min(start + CHUNK, params.count);
    var sum = 0.0;
    for (var k = start + thread; k < end; k += WORKGROUP) {
        sum += loss_of(x[k], t[k]);
    }
    let lane = lane_of(thread, false);
    sum = group_sum(lane, sum);
    if is_leader(lane) {
        sums[i] = sum;
    }
}
