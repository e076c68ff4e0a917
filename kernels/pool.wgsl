// The body of every pooling: a thread takes one element of the output and looks through the taps of a window, in
// order. The kernel that is joined to this says what it looks for:
//
//     fn size()                      of an image of the output
//     struct Found                   what has been found so far; zeros at first
//     fn look(found, place, tap)     the same with one more tap
//     fn store(place, found)
//
// where a place is an image, a channel and a cell of the output.

fn count() -> u32 {
    return params.count;
}

fn each(i: u32) {
    let place = image_cell(i, params.channels, size());
    var found = Found();
    for (var ky = 0u; ky < params.window.kernel.x; ky++) {
        for (var kx = 0u; kx < params.window.kernel.y; kx++) {
            found = look(found, place, vec2<u32>(ky, kx));
        }
    }
    store(place, found);
}
