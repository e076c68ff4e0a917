// Reduces with one thread for each result, in order: many results of few elements.

fn each(i: u32) {
    let at = places(i);
    let start = i / params.outputs * params.chunk;
    let end = min(start + params.chunk, params.count);
    var total = neutral();
    for (var k = start; k < end; k++) {
        total = join(total, element(at.y, k));
    }
    out[at.x] = total;
}
