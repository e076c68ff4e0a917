// Where the elements of up to four strided views lie. The kernel declares a uniform `params` with a
// member `walk`.

struct Walk {
    // How many elements there are.
    count: u32,
    // How many axes: at most eight, neighbours that step evenly being one.
    rank: u32,
    // The position of the first element in each view.
    offsets: vec4<u32>,
    lengths: array<vec4<u32>, 2>,
    // For each axis the distance between neighbours in each view; backwards ones wrap around.
    steps: array<vec4<u32>, 8>,
}

// How far element `i`, of those that there are along the axes `first..last`, is from the first one in each view.
fn along(i: u32, first: u32, last: u32) -> vec4<u32> {
    var rest = i;
    var at = vec4<u32>();
    if first == last {
        return at;
    }
    for (var axis = last; axis > first + 1u;) {
        axis -= 1u;
        let length = params.walk.lengths[axis / 4u][axis % 4u];
        at += (rest % length) * params.walk.steps[axis];
        rest /= length;
    }
    // What is left counts along the outermost axis. Most walks have no other, and divide nothing.
    return at + rest * params.walk.steps[first];
}

// The position of element `i` in each view.
fn locate(i: u32) -> vec4<u32> {
    return params.walk.offsets + along(i, 0u, params.walk.rank);
}
