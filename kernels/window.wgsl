// The geometry of sliding windows: `output[o]` reads `input[o · stride + k · dilation − padding]`. Pairs are
// (height, width). Positions before the image wrap around to large numbers, so one comparison tells
// whether a position is inside. The kernel declares a uniform `params` with a member `window`.

// A tensor of four axes: the distance between neighbours along each, and the first element.
struct Image {
    steps: vec4<u32>,
    offset: u32,
}

struct Window {
    input: vec2<u32>,
    output: vec2<u32>,
    kernel: vec2<u32>,
    stride: vec2<u32>,
    padding: vec2<u32>,
    dilation: vec2<u32>,
}

// The row and column of cell `i` of an image of this size.
fn cell(i: u32, size: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(i / size.y, i % size.y);
}

fn within(at: vec2<u32>, size: vec2<u32>) -> bool {
    return at.x < size.x && at.y < size.y;
}

// How far (i, j, row, column) is from a tensor's first element.
fn distance_of(image: Image, i: u32, j: u32, at: vec2<u32>) -> u32 {
    return i * image.steps.x + j * image.steps.y + at.x * image.steps.z + at.y * image.steps.w;
}

// The image, the channel and the cell of element `i` of images of this size with so many channels.
fn image_cell(i: u32, channels: u32, size: vec2<u32>) -> vec4<u32> {
    let area = size.x * size.y;
    let plane = i / area;
    return vec4<u32>(plane / channels, plane % channels, cell(i % area, size));
}

// The input's cell that a window's tap lies on.
fn tap_of(window: vec2<u32>, tap: vec2<u32>) -> vec2<u32> {
    return window * params.window.stride + tap * params.window.dilation - params.window.padding;
}

// A window, if there is one.
struct Reached {
    at: vec2<u32>,
    inside: bool,
}

// The window whose tap lies on a cell of the input.
fn window_of(cell: vec2<u32>, tap: vec2<u32>) -> Reached {
    // Wraps around to something large if the window would start before the first one.
    let start = cell + params.window.padding - tap * params.window.dilation;
    let at = start / params.window.stride;
    let starts = within(start, params.window.input + params.window.padding);
    let whole = all(start % params.window.stride == vec2<u32>());
    return Reached(at, starts && whole && within(at, params.window.output));
}
