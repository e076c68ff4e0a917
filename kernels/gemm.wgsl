// The body of every kernel that is a product of matrices: rows × depth times depth × columns, in tiles.
//
// A workgroup computes a tile of TILE × TILE elements and holds a slice of DEPTH of both matrices in its memory; a
// thread computes SIDE × SIDE elements of the tile in registers, as vectors of four. The kernel that is joined with
// this says what is multiplied:
//
//     struct Problem                         one product, with `rows`, `columns` and `depth`
//     fn problem_count() -> u32              number of products
//     fn problem_of(i) -> Problem            product number i
//     fn tile_counts() -> vec2<u32>          rows and columns of tiles that the largest product takes
//
//     struct Coord                           a row, a column or an index along the depth: its part of an element's
//                                            offset, and whether it exists
//     fn left_row(problem, row) -> Coord
//     fn left_depth(problem, k) -> Coord
//     fn right_depth(problem, k) -> Coord
//     fn right_column(problem, column) -> Coord
//
//     fn load_left(row, depth) -> f32        the element at two such coordinates, 0 where one doesn't exist
//     fn load_right(depth, column) -> f32
//     fn store(problem, row, column, sum)    what becomes of a sum; nothing outside the matrix
//
// LEFT_DEPTH_FIRST and RIGHT_DEPTH_FIRST tell whether neighbouring threads load neighbours along the depth, or along
// the rows and columns: whichever are neighbours in memory.

const SPAN: u32 = TILE / SIDE;
const THREADS: u32 = SPAN * SPAN;
const VECTORS: u32 = TILE / 4u;
// Rows are padded by a vector, so that neighbours along the depth lie in different banks.
const PITCH: u32 = VECTORS + 1u;

var<workgroup> left_slice: array<vec4<f32>, DEPTH * PITCH>;
var<workgroup> right_slice: array<vec4<f32>, DEPTH * PITCH>;

// Which vector a thread loads, and at which index along the depth.
fn load_index(thread: u32, depth_first: bool) -> vec2<u32> {
    if depth_first {
        return vec2<u32>(thread / DEPTH, thread % DEPTH);
    }
    return vec2<u32>(thread % VECTORS, thread / VECTORS);
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) workgroup_id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let tiles = tile_counts();
    let number = workgroup_id.y * grid.x + workgroup_id.x;
    if number >= problem_count() * tiles.x * tiles.y {
        return;
    }
    let problem = problem_of(number / (tiles.x * tiles.y));
    let first_row = (number / tiles.y) % tiles.x * TILE;
    let first_column = number % tiles.y * TILE;
    if first_row >= problem.rows || first_column >= problem.columns {
        return;
    }
    let left_index = load_index(thread, LEFT_DEPTH_FIRST);
    let right_index = load_index(thread, RIGHT_DEPTH_FIRST);
#repeat i 0..4
    let row${i} = left_row(problem, first_row + 4u * left_index.x + ${i}u);
    let column${i} = right_column(problem, first_column + 4u * right_index.x + ${i}u);
#end
#repeat i 0..SIDE
#repeat q 0..SIDE/4
    var sum${i}_${q} = vec4<f32>();
#end
#end
    let y = thread / SPAN;
    let x = thread % SPAN;
    for (var start = 0u; start < problem.depth; start += DEPTH) {
        let l = left_depth(problem, start + left_index.y);
        let r = right_depth(problem, start + right_index.y);
        left_slice[left_index.y * PITCH + left_index.x] =
            vec4<f32>(load_left(row0, l), load_left(row1, l), load_left(row2, l), load_left(row3, l));
        right_slice[right_index.y * PITCH + right_index.x] =
            vec4<f32>(load_right(r, column0), load_right(r, column1), load_right(r, column2), load_right(r, column3));
        workgroupBarrier();
        for (var k = 0u; k < DEPTH; k++) {
#repeat q 0..SIDE/4
            let a${q} = left_slice[k * PITCH + y + ${q}u * SPAN];
            let b${q} = right_slice[k * PITCH + x + ${q}u * SPAN];
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
    store(problem, first_row + 4u * (y + ${i/4}u * SPAN) + ${i%4}u, first_column + 4u * (x + ${q}u * SPAN) + ${j}u, sum${i}_${q}[${j}]);
#end
#end
#end
}
