// Offsets of elements in up to four strided views of the same shape.
//
// A kernel that is joined with this has a uniform `params` with a member `views: Strided`.

struct Strided {
    // Number of elements.
    count: u32,
    // Number of axes, at most eight. Axes of length 1 are left out, and neighbours that step evenly are one axis.
    rank: u32,
    // Offset of the first element in each view.
    offsets: vec4<u32>,
    // Length of each axis, outermost first.
    shape: array<vec4<u32>, 2>,
    // Stride of each axis in each view, in elements. Negative ones wrap around, as additions do.
    strides: array<vec4<u32>, 8>,
}

// Distance in each view of element `i` from the first, where `i` counts along the axes `first..last` alone.
fn offset_along(i: u32, first: u32, last: u32) -> vec4<u32> {
    var rest = i;
    var offset = vec4<u32>();
    if first == last {
        return offset;
    }
    for (var axis = last; axis > first + 1u;) {
        axis -= 1u;
        let length = params.views.shape[axis / 4u][axis % 4u];
        offset += (rest % length) * params.views.strides[axis];
        rest /= length;
    }
    // What is left counts along the outermost axis. Most calls have no other, and divide nothing.
    return offset + rest * params.views.strides[first];
}

// Offset of element `i` in each view.
fn offsets_of(i: u32) -> vec4<u32> {
    return params.views.offsets + offset_along(i, 0u, params.views.rank);
}
