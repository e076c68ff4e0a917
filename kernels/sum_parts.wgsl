// out[i] = Σₚ parts[p · outputs + i], a team for each; 0 of none. The kernel that is joined to this says what a
// `Part` is, a number or a pair, and brings `whole(seat, part)`, a team's sum, and `store(i, sum)`.

struct Params {
    outputs: u32,
    parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<Part>;

const LANES: u32 = 256u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let seat = seat_of(lane, true);
    let i = folded(group, grid) * TEAMS + seat.team;
    let count = select(0u, params.parts, i < params.outputs);
    var sum = Part();
    for (var p = seat.member; p < count; p += TEAM) {
        sum += parts[p * params.outputs + i];
    }
    sum = whole(seat, sum);
    if seat.member == 0u && i < params.outputs {
        store(i, sum);
    }
}
