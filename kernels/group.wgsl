// Sums and maxima over groups of threads.
//
// A kernel that is joined with this declares WORKGROUP, the threads of a workgroup, and GROUP, those of a group,
// both powers of two. A workgroup then is WORKGROUP / GROUP groups, each of which computes one result. All threads
// of a workgroup must call these functions together, those of groups past the last result too.

const GROUPS: u32 = WORKGROUP / GROUP;

var<workgroup> scratch: array<vec2<f32>, WORKGROUP>;

// The place of a thread: its group in the workgroup, and its rank in the group.
struct Lane {
    group: u32,
    rank: u32,
}

// Neighbouring threads are in one group, or, if groups are interleaved, in neighbouring groups: whichever read
// neighbours in memory.
fn lane_of(thread: u32, interleaved: bool) -> Lane {
    if interleaved {
        return Lane(thread % GROUPS, thread / GROUPS);
    }
    return Lane(thread / GROUP, thread % GROUP);
}

// Whether the thread is the one of its group that stores the result.
fn is_leader(lane: Lane) -> bool {
    return lane.rank == 0u;
}

// The larger of two numbers; NaN if either is, as `maximum` of math.wgsl, which kernels that only sum do without.
fn larger(a: f32, b: f32) -> f32 {
    let a_is_nan = (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u;
    let b_is_nan = (bitcast<u32>(b) & 0x7fffffffu) > 0x7f800000u;
    return select(b, a, a_is_nan || (a > b && !b_is_nan));
}

// Reduces a value of each thread two by two, so that the order is always the same. Each thread gets its group's result.
fn reduce(lane: Lane, value: vec2<f32>, sum: bool) -> vec2<f32> {
    let slot = lane.rank * GROUPS + lane.group;
    // Until here others may still read the last result.
    workgroupBarrier();
    scratch[slot] = value;
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if lane.rank < half {
            let a = scratch[slot];
            let b = scratch[slot + half * GROUPS];
            scratch[slot] = select(vec2<f32>(larger(a.x, b.x), larger(a.y, b.y)), a + b, sum);
        }
    }
    workgroupBarrier();
    return scratch[lane.group];
}

fn group_sum(lane: Lane, value: f32) -> f32 {
    return reduce(lane, vec2<f32>(value, 0.0), true).x;
}

// Two sums at once.
fn group_sums(lane: Lane, values: vec2<f32>) -> vec2<f32> {
    return reduce(lane, values, true);
}

fn group_max(lane: Lane, value: f32) -> f32 {
    return reduce(lane, vec2<f32>(value, 0.0), false).x;
}
