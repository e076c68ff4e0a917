// The body of kernels with a team of threads for each result. The kernel that is joined to this and to `team.wgsl` says
//
//     const TEAM           how many threads a team has
//     fn side_by_side()    how teams sit, as `seat_of` takes it
//     fn count()           how many results there are
//     fn each(seat, i)     how a team computes number `i` of them
//
// A workgroup may have teams past the last result. Their threads go along, since all must reach each barrier.

const LANES: u32 = 256u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let first = folded(group, grid) * TEAMS;
    if first >= count() {
        return;
    }
    let seat = seat_of(lane, side_by_side());
    each(seat, first + seat.team);
}

// Whether it is for a thread to write down result `i` of its team.
fn leads(seat: Seat, i: u32) -> bool {
    return seat.member == 0u && i < count();
}
