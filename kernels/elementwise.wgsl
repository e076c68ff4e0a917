// Kernels that compute each element of a view by its place there and in others. The kernel that is joined to this brings
// `element(at)`, where `at` is that place in each view.

fn count() -> u32 {
    return params.walk.count;
}

fn each(i: u32) {
    element(locate(i));
}
