// The largest magnitude of each chunk of a tensor, and the sum of its squares in units of the power of two below
// that. A workgroup takes a chunk.
//
// Joined with group.wgsl, which gives the chunk's maximum and its sum.

struct Params {
    count: u32,
    // Chunks of the tensors before this one.
    first_chunk: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> largest_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> squares_of: array<f32>;

const WORKGROUP: u32 = 256u;
const GROUP: u32 = WORKGROUP;
const CHUNK: u32 = 4096u;

// Powers of two that bring magnitudes near 1, so that squares neither overflow nor vanish. Multiplying by them rounds
// nothing.
fn exponent_of(magnitude: f32) -> u32 {
    return clamp((bitcast<u32>(magnitude) >> 23u) & 0xffu, 1u, 253u);
}

// 1 divided by the power of two below a magnitude.
fn inverse_unit(magnitude: f32) -> f32 {
    return bitcast<f32>((254u - exponent_of(magnitude)) << 23u);
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
    let lane = lane_of(thread, false);
    var largest = 0.0;
    for (var k = start + thread; k < end; k += WORKGROUP) {
        largest = larger(largest, abs(x[k]));
    }
    largest = group_max(lane, largest);
    var squares = 0.0;
    for (var k = start + thread; k < end; k += WORKGROUP) {
        let scaled = x[k] * inverse_unit(largest);
        squares += scaled * scaled;
    }
    squares = group_sum(lane, squares);
    if is_leader(lane) {
        largest_of[params.first_chunk + i] = largest;
        squares_of[params.first_chunk + i] = squares;
    }
}
