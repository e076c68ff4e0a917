// Of each chunk of logits x and targets t the binary cross-entropy, Σ softplus(x) − x·t.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> t: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

const LANES: u32 = 256u;
const TEAM: u32 = LANES;
const CHUNK: u32 = 4096u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let seat = seat_of(lane, false);
    let chunk = folded(group, grid);
    let first = chunk * CHUNK;
    if first >= params.count {
        return;
    }
    let end = min(first + CHUNK, params.count);
    var sum = 0.0;
    for (var k = first + lane; k < end; k += LANES) {
        sum += softplus(x[k]) - x[k] * t[k];
    }
    sum = team_sum(seat, sum);
    if lane == 0u {
        sums[chunk] = sum;
    }
}
