// What the convolution triad shares: x [n, ic, ih, iw], w [oc, ic/g, kh, kw] and y [n, oc, oh, ow].

struct Params {
    x: Image,
    w: Image,
    y: Image,
    window: Window,
    batch: u32,
    groups: u32,
    // Channels of x and of y in a group.
    channels: u32,
    filters: u32,
    // Transposed: the distance between two taps that reach the same phase.
    tap_step: vec2<u32>,
    // Weight: places along the depth in a part, how many parts, and the distance between their results.
    part: u32,
    parts: u32,
    part_step: u32,
}

@group(0) @binding(0) var<uniform> params: Params;

// A row, a column or a place along the depth: how far it is, where its window or cell is, and whether
// there is one.
struct Place {
    at: u32,
    cell: vec2<u32>,
    inside: bool,
}
