// The weights as the left matrix, of the convolution and of its derivative for x.

@group(0) @binding(2) var<storage, read> w_elements: array<f32>;

fn load_left(row: Place, depth: Place) -> f32 {
    if row.inside && depth.inside {
        return w_elements[row.at + depth.at];
    }
    return 0.0;
}
