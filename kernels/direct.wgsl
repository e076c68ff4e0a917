// The body of convolutions with a thread for each element of the result, for groups of so few channels that tiles of
// matrices would be empty. The kernel that is joined to this says what is summed:
//
//     fn size(), fn channels()       of the result
//     fn depth()                     channels that are summed over
//     fn term(place, k, tap)         what channel `k` of those and a tap give
//     fn store(place, sum)
//
// where a place is an image, a channel and a cell of the result.

fn count() -> u32 {
    return params.batch * channels() * size().x * size().y;
}

fn each(i: u32) {
    let place = image_cell(i, channels(), size());
    var sum = 0.0;
    for (var k = 0u; k < depth(); k++) {
        for (var ky = 0u; ky < params.window.kernel.x; ky++) {
            for (var kx = 0u; kx < params.window.kernel.y; kx++) {
                sum += term(place, k, vec2<u32>(ky, kx));
            }
        }
    }
    store(place, sum);
}
