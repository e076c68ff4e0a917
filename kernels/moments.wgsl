// The mean and the variance of each chunk of each channel; NaN of none. A team takes a chunk and reads it
// twice, so that no digits are lost however far from 0 the mean is.

@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> means: array<f32>;
@group(0) @binding(3) var<storage, read_write> variances: array<f32>;

const LANES: u32 = 256u;

@compute @workgroup_size(LANES)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let seat = seat_of(lane, params.run < TEAM);
    let number = folded(group, grid) * TEAMS + seat.team;
    let chunk = chunk_of(number);
    let count = f32(chunk.end - min(chunk.first, chunk.end));
    var sum = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        sum += x[position(chunk.channel, k)];
    }
    let mean = team_sum(seat, sum) / count;
    var squares = 0.0;
    for (var k = chunk.first + seat.member; k < chunk.end; k += TEAM) {
        let far = x[position(chunk.channel, k)] - mean;
        squares += far * far;
    }
    let variance = team_sum(seat, squares) / count;
    if seat.member == 0u && is_chunk(number) {
        means[number] = select(mean, nan(), count == 0.0);
        variances[number] = select(variance, nan(), count == 0.0);
    }
}
