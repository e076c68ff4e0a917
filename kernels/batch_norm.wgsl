// y = f((x − mean) / √(variance + eps) · weight + bias), element by element.

@group(0) @binding(6) var<storage, read_write> y: array<f32>;

fn count() -> u32 {
    return params.channels * params.count;
}

fn each(i: u32) {
    let line = line_of(channel_of(i));
    y[i] = activated(weighted(line, standard(line, i)));
}
