// Multiplies and adds in registers alone: as fast as the device can.

struct Params {
    rounds: u32,
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = (group.y * grid.x + group.x) * 256u + lane;
    // No compiler knows these numbers, nor do they grow.
    let a = vec4<f32>(0.999 - f32(i) * 1e-9);
    let b = vec4<f32>(0.001);
#repeat s 0..SUMS
    var sum${s} = vec4<f32>(f32(i + ${s}u));
#end
    for (var round = 0u; round < params.rounds; round++) {
#repeat u 0..UNROLLED
#repeat s 0..SUMS
        sum${s} = fma(sum${s}, a, b);
#end
#end
    }
    var total = vec4<f32>();
#repeat s 0..SUMS
    total += sum${s};
#end
    if i < params.count {
        out[i] = total.x + total.y + total.z + total.w;
    }
}
