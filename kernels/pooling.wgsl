// What poolings share: images x [n, c, ih, iw] and y [n, c, oh, ow].

struct Params {
    x: Image,
    y: Image,
    window: Window,
    channels: u32,
    // Elements of the output.
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
