// Teams of threads that join what each of them brings. The kernel says what LANES and TEAM are: a workgroup
// of LANES threads is LANES / TEAM teams.

const TEAMS: u32 = LANES / TEAM;

var<workgroup> brought: array<vec2<f32>, LANES>;

// The team a thread is in, and its number there.
struct Seat {
    team: u32,
    member: u32,
}

// Neighbouring threads are members of one team or, if teams sit side by side, of neighbouring ones:
// whichever read neighbours in memory.
fn seat_of(lane: u32, side_by_side: bool) -> Seat {
    if side_by_side {
        return Seat(lane % TEAMS, lane / TEAMS);
    }
    return Seat(lane / TEAM, lane % TEAM);
}

// Joins two by two, so that the order is always the same. All threads of a workgroup take part, and each gets
// its team's result.
fn joined(seat: Seat, value: vec2<f32>, sum: bool) -> vec2<f32> {
    let place = seat.member * TEAMS + seat.team;
    // Until here others may still read the last result.
    workgroupBarrier();
    brought[place] = value;
    for (var half = TEAM / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if seat.member < half {
            let a = brought[place];
            let b = brought[place + half * TEAMS];
            brought[place] = select(vec2<f32>(larger(a.x, b.x), larger(a.y, b.y)), a + b, sum);
        }
    }
    workgroupBarrier();
    return brought[seat.team];
}

fn team_sum(seat: Seat, value: f32) -> f32 {
    return joined(seat, vec2<f32>(value, 0.0), true).x;
}

fn team_sums(seat: Seat, values: vec2<f32>) -> vec2<f32> {
    return joined(seat, values, true);
}

fn team_largest(seat: Seat, value: f32) -> f32 {
    return joined(seat, vec2<f32>(value, 0.0), false).x;
}
