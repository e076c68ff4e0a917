// out[i] = Σₚ parts[p · outputs + i], a team for each; 0 of none. The kernel that is joined to this says what a
// `Part` is, a number or a pair, and brings `whole(seat, part)`, a team's sum, and `store(i, sum)`.

struct Params {
    outputs: u32,
    parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parts: array<Part>;

fn count() -> u32 {
    return params.outputs;
}

fn side_by_side() -> bool {
    return true;
}

fn each(seat: Seat, i: u32) {
    let end = select(0u, params.parts, i < params.outputs);
    var sum = Part();
    for (var p = seat.member; p < end; p += TEAM) {
        sum += parts[p * params.outputs + i];
    }
    sum = whole(seat, sum);
    if leads(seat, i) {
        store(i, sum);
    }
}
