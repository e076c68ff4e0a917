// How the values along an axis are cut for scattering.

const CHUNK: u32 = 64u;

fn chunks_of(count: u32) -> u32 {
    return (count + CHUNK - 1u) / CHUNK;
}
