// dx = weight/√(variance + eps) · (u − (Σu + x̂·Σu·x̂)/n), element by element, from each channel's sums.

@group(0) @binding(6) var<storage, read> v: array<f32>;
@group(0) @binding(7) var<storage, read> sums: array<vec2<f32>>;
@group(0) @binding(8) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i < params.channels * params.count {
        let channel = channel_of(i);
        let line = line_of(channel);
        let hat = standard(line, i);
        let u = activated_gradient(v[i], weighted(line, hat));
        let mean = (sums[channel].y + hat * sums[channel].x) / f32(params.count);
        dx[i] = line.weight * line.rstd * (u - mean);
    }
}
