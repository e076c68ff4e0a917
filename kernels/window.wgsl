// The geometry of sliding windows: output position o reads input position o · stride + tap · dilation − padding.
//
// A kernel that is joined with this has a uniform `params` with a member `window: Window`. Pairs are (height, width).
// Positions before the image wrap around to large numbers, so one comparison tells whether a position is inside.

// A tensor [n, c, h, w] of any strides, in elements.
struct Tensor4 {
    strides: vec4<u32>,
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

// Distance of the element (n, c, row, column) from a tensor's first.
fn distance_of(tensor: Tensor4, n: u32, c: u32, position: vec2<u32>) -> u32 {
    let s = tensor.strides;
    return n * s.x + c * s.y + position.x * s.z + position.y * s.w;
}

// Offset of the element (n, c, row, column).
fn offset_of(tensor: Tensor4, n: u32, c: u32, position: vec2<u32>) -> u32 {
    return tensor.offset + distance_of(tensor, n, c, position);
}

// Row and column of number `i` of an image of this size.
fn position_of(i: u32, size: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(i / size.y, i % size.y);
}

// The index (n, c, row, column) of element `i` of a dense tensor of images of this size.
fn unravel(i: u32, channels: u32, size: vec2<u32>) -> vec4<u32> {
    let area = size.x * size.y;
    let plane = i / area;
    return vec4<u32>(plane / channels, plane % channels, position_of(i % area, size));
}

fn is_inside(position: vec2<u32>, size: vec2<u32>) -> bool {
    return position.x < size.x && position.y < size.y;
}

// The input position that a tap of the window at an output position lies on.
fn input_of(output: vec2<u32>, tap: vec2<u32>) -> vec2<u32> {
    return output * params.window.stride + tap * params.window.dilation - params.window.padding;
}

// An output position, if it exists.
struct Output {
    position: vec2<u32>,
    exists: bool,
}

// The output position whose window has this tap on an input position.
fn output_of(input: vec2<u32>, tap: vec2<u32>) -> Output {
    // Wraps around to something large if the window would start before the first one.
    let start = input + params.window.padding - tap * params.window.dilation;
    let position = start / params.window.stride;
    let starts = is_inside(start, params.window.input + params.window.padding);
    let divides = all(start % params.window.stride == vec2<u32>());
    return Output(position, starts && divides && is_inside(position, params.window.output));
}
