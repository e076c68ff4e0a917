// The order of numbers of the type that `TYPE` names.

const U32: u32 = 0u;
const F32: u32 = 1u;

// A key whose order as an unsigned integer is the order of the numbers, NaN being the largest; both zeros have one.
fn key_of(word: u32) -> u32 {
    if TYPE == U32 {
        return word;
    }
    let magnitude = word & 0x7fffffffu;
    if magnitude > 0x7f800000u {
        return 0xffffffffu;
    }
    if magnitude == 0u {
        return 0x80000000u;
    }
    return select(word | 0x80000000u, ~word, (word >> 31u) == 1u);
}
