// Sums that stay pairs.

@group(0) @binding(2) var<storage, read_write> out: array<vec2<f32>>;

fn store(i: u32, sum: vec2<f32>) {
    out[i] = sum;
}
