// Parts of a sum that are numbers, and sums that are.

@group(0) @binding(2) var<storage, read_write> out: array<f32>;

alias Part = f32;

fn whole(seat: Seat, part: Part) -> Part {
    return team_sum(seat, part);
}

fn store(i: u32, sum: Part) {
    out[i] = sum;
}
