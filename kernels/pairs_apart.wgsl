// Sums of first and of second numbers, each on their own.

@group(0) @binding(2) var<storage, read_write> first: array<f32>;
@group(0) @binding(3) var<storage, read_write> second: array<f32>;

fn store(i: u32, sum: vec2<f32>) {
    first[i] = sum.x;
    second[i] = sum.y;
}
