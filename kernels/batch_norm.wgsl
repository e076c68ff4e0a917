// y = f((x − mean) / √(variance + eps) · weight + bias), element by element.

@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i < params.channels * params.count {
        let line = line_of(channel_of(i));
        y[i] = activated(weighted(line, standard(line, i)));
    }
}
