// Teams that are whole workgroups.

const TEAM: u32 = LANES;

fn side_by_side() -> bool {
    return false;
}
