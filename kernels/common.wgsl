// What several kernels use.

// The number of a workgroup in a grid that is folded over x and y.
fn folded(group: vec3<u32>, grid: vec3<u32>) -> u32 {
    return group.y * grid.x + group.x;
}

// Compilers may take `x != x` for false, so the bits decide.
fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// A value that no constant expression may have.
fn from_bits(word: u32) -> f32 {
    var bits = word;
    return bitcast<f32>(bits);
}

fn nan() -> f32 {
    return from_bits(0x7fc00000u);
}

fn infinity() -> f32 {
    return from_bits(0x7f800000u);
}

// The larger of two numbers; NaN if either is.
fn larger(a: f32, b: f32) -> f32 {
    return select(select(select(b, a, a > b), b, is_nan(b)), a, is_nan(a));
}

// The smaller of two numbers; NaN if either is.
fn smaller(a: f32, b: f32) -> f32 {
    return select(select(select(b, a, a < b), b, is_nan(b)), a, is_nan(a));
}
