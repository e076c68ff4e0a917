// √(Σ x²) from the largest magnitude of each chunk and the sum of its squares in units of the power of two below
// that, which `norm_parts` has found: one workgroup.
//
// Joined with group.wgsl, which gives the maximum and the sum over all chunks.

struct Params {
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> largest_of: array<f32>;
@group(0) @binding(2) var<storage, read> squares_of: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

const WORKGROUP: u32 = 256u;
const GROUP: u32 = WORKGROUP;

// Powers of two that bring magnitudes near 1, so that squares neither overflow nor vanish. Multiplying by them rounds
// nothing.
fn exponent_of(magnitude: f32) -> u32 {
    return clamp((bitcast<u32>(magnitude) >> 23u) & 0xffu, 1u, 253u);
}

// The power of two below a magnitude.
fn unit(magnitude: f32) -> f32 {
    return bitcast<f32>(exponent_of(magnitude) << 23u);
}

// 1 divided by the power of two below a magnitude.
fn inverse_unit(magnitude: f32) -> f32 {
    return bitcast<f32>((254u - exponent_of(magnitude)) << 23u);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    if workgroup_id.x + workgroup_id.y > 0u {
        return;
    }
    let lane = lane_of(thread, false);
    var largest = 0.0;
    for (var k = thread; k < params.chunks; k += WORKGROUP) {
        largest = larger(largest, largest_of[k]);
    }
    largest = group_max(lane, largest);
    var squares = 0.0;
    for (var k = thread; k < params.chunks; k += WORKGROUP) {
        let ratio = unit(largest_of[k]) * inverse_unit(largest);
        squares += squares_of[k] * ratio * ratio;
    }
    squares = group_sum(lane, squares);
    if is_leader(lane) {
        // NaN or infinite if an element is, which the bits tell.
        let is_finite = bitcast<u32>(largest) < 0x7f800000u;
        out[0] = select(largest, sqrt(squares) * unit(largest), is_finite);
    }
}
