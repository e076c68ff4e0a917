// Powers of two that bring numbers near 1, so that squares neither overflow nor vanish. Multiplying by them
// rounds nothing.

fn exponent(largest: f32) -> u32 {
    return clamp((bitcast<u32>(largest) >> 23u) & 0xffu, 1u, 253u);
}

// Of a magnitude: the power of two below it.
fn unit(largest: f32) -> f32 {
    return bitcast<f32>(exponent(largest) << 23u);
}

// 1/unit.
fn inverse_unit(largest: f32) -> f32 {
    return bitcast<f32>((254u - exponent(largest)) << 23u);
}
