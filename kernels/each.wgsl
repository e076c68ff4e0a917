// The body of kernels with a thread for each element of the result, or for each of other things. The kernel that is
// joined to this says
//
//     fn count()     how many there are
//     fn each(i)     what is computed for number `i` of them

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let i = folded(group, grid) * 256u + lane;
    if i < count() {
        each(i);
    }
}
