// Parts of a sum that are pairs of numbers.

alias Part = vec2<f32>;

fn whole(seat: Seat, part: Part) -> Part {
    return team_sums(seat, part);
}
