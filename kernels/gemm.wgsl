// The body of every kernel that is a matrix product: rows × depth times depth × columns, in tiles.
//
// A workgroup computes a tile of TILE × TILE and holds DEPTH of the depth in its memory at a time; a
// thread computes SIDE × SIDE of it in registers, as quads of four. The kernel that is joined to this
// says what is multiplied:
//
//     struct Job             what a workgroup works on, with `rows`, `columns` and `depth`
//     struct Place           what the loads of a row, a column or a place along the depth share
//     fn jobs()              how many jobs there are
//     fn tiles()             rows and columns of tiles of the largest
//     fn setup(i)            job number i
//     fn row_of(job, row), column_of(job, column)            a Place of the left and of the right matrix
//     fn left_depth(job, k), right_depth(job, k)             and of the depth, for each of them
//     fn load_left(row, depth), load_right(depth, column)    an element, 0 outside
//     fn store(job, row, column, value)
//
// LEFT_DEPTH_FIRST and RIGHT_DEPTH_FIRST tell whether neighbouring threads load neighbours along the
// depth, or along the rows and columns: whichever lie together in memory.

const SPAN: u32 = TILE / SIDE;
const THREADS: u32 = SPAN * SPAN;
const QUADS: u32 = TILE / 4u;
// Rows are padded, so that neighbours along the depth lie in different banks.
const PITCH: u32 = QUADS + 1u;

var<workgroup> left: array<vec4<f32>, DEPTH * PITCH>;
var<workgroup> right: array<vec4<f32>, DEPTH * PITCH>;

// Which quad a thread loads, and for which place along the depth.
fn place(lane: u32, depth_first: bool) -> vec2<u32> {
    if depth_first {
        return vec2<u32>(lane / DEPTH, lane % DEPTH);
    }
    return vec2<u32>(lane % QUADS, lane / QUADS);
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tiles = tiles();
    let number = folded(group, grid);
    if number >= jobs() * tiles.x * tiles.y {
        return;
    }
    let job = setup(number / (tiles.x * tiles.y));
    let first_row = (number / tiles.y) % tiles.x * TILE;
    let first_column = number % tiles.y * TILE;
    if first_row >= job.rows || first_column >= job.columns {
        return;
    }
    let left_place = place(lane, LEFT_DEPTH_FIRST);
    let right_place = place(lane, RIGHT_DEPTH_FIRST);
#repeat i 0..4
    let row${i} = row_of(job, first_row + 4u * left_place.x + ${i}u);
    let column${i} = column_of(job, first_column + 4u * right_place.x + ${i}u);
#end
#repeat i 0..SIDE
#repeat q 0..SIDE/4
    var sum${i}_${q} = vec4<f32>();
#end
#end
    let y = lane / SPAN;
    let x = lane % SPAN;
    for (var start = 0u; start < job.depth; start += DEPTH) {
        let l = left_depth(job, start + left_place.y);
        let r = right_depth(job, start + right_place.y);
        left[left_place.y * PITCH + left_place.x] =
            vec4<f32>(load_left(row0, l), load_left(row1, l), load_left(row2, l), load_left(row3, l));
        right[right_place.y * PITCH + right_place.x] =
            vec4<f32>(load_right(r, column0), load_right(r, column1), load_right(r, column2), load_right(r, column3));
        workgroupBarrier();
        for (var k = 0u; k < DEPTH; k++) {
#repeat q 0..SIDE/4
            let a${q} = left[k * PITCH + y + ${q}u * SPAN];
            let b${q} = right[k * PITCH + x + ${q}u * SPAN];
#end
#repeat i 0..SIDE
#repeat q 0..SIDE/4
            sum${i}_${q} = fma(vec4<f32>(a${i/4}[${i%4}]), b${q}, sum${i}_${q});
#end
#end
        }
        workgroupBarrier();
    }
#repeat i 0..SIDE
#repeat q 0..SIDE/4
#repeat j 0..4
    store(job, first_row + 4u * (y + ${i/4}u * SPAN) + ${i%4}u, first_column + 4u * (x + ${q}u * SPAN) + ${j}u, sum${i}_${q}[${j}]);
#end
#end
#end
}
