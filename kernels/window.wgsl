// The geometry of sliding windows: `output[o]` reads `input[o · stride + k · dilation − padding]`. Pairs are
// (height, width). Positions before the image wrap around to large numbers, so one comparison tells
// whether a position is inside.

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
