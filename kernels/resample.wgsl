// Images at another size, each new pixel a weighted sum of some old ones: x [planes, h, w], y [planes, H, W]. Each new row has
// as many taps, of which those that weigh 0 read nothing, and so has each new column.

struct Params {
    // Height and width.
    old: vec2<u32>,
    new_size: vec2<u32>,
    // Taps of rows and of columns.
    taps: vec2<u32>,
    // Elements of the output.
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<u32>;
@group(0) @binding(3) var<storage, read> row_weights: array<f32>;
@group(0) @binding(4) var<storage, read> columns: array<u32>;
@group(0) @binding(5) var<storage, read> column_weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    // The grid is folded over x and y.
    let i = id.y * grid.x * 256u + id.x;
    if i >= params.count {
        return;
    }
    let row = i / params.new_size.y % params.new_size.x * params.taps.x;
    let column = i % params.new_size.y * params.taps.y;
    let plane = i / (params.new_size.x * params.new_size.y) * params.old.x;
    var sum = 0.0;
    for (var a = row; a < row + params.taps.x; a++) {
        if row_weights[a] != 0.0 {
            let first = (plane + rows[a]) * params.old.y;
            var of_row = 0.0;
            for (var b = column; b < column + params.taps.y; b++) {
                if column_weights[b] != 0.0 {
                    of_row += column_weights[b] * x[first + columns[b]];
                }
            }
            sum += row_weights[a] * of_row;
        }
    }
    y[i] = sum;
}
