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

// The image, the channel and the cell of element `i` of images of this size.
fn image_cell(i: u32, size: vec2<u32>) -> vec4<u32> {
    let area = size.x * size.y;
    let plane = i / area;
    return vec4<u32>(plane / params.channels, plane % params.channels, cell(i % area, size));
}
