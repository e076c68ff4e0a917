// A dense layer: the product, plus a bias for each column, and then the activation.

@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn finished(sum: f32, column: u32) -> f32 {
    return activated(sum + bias[params.bias + column * params.bias_column]);
}
