// out = if mask { a } else { b }, element by element, in any type of 32 bits.

struct Params {
    walk: Walk,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> left: array<u32>;
@group(0) @binding(3) var<storage, read> right: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<u32>;

fn element(at: vec4<u32>) {
    out[at.x] = select(right[at.w], left[at.z], mask[at.y] != 0u);
}
