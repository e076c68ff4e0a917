//! Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw,
//! "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//!
//! A number is a pure function of a [`Key`] (seed, purpose, step) and the index of the element it
//! is for. Adding a draw somewhere shifts no other, threads need no coordination, and resuming a
//! run needs no generator state: the same key and index give the same bits everywhere.

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Name of a sequence of random numbers: a seed, a purpose, and a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Seed that the user chose.
    pub seed: u64,
    /// Purpose of the numbers; see [`Key::purpose`].
    pub stream: u32,
    /// Number of the draw for this purpose, usually the training step.
    pub step: u32,
}

impl Key {
    /// The key of `seed`, with no purpose and step 0.
    pub const fn new(seed: u64) -> Self {
        Key { seed, stream: 0, step: 0 }
    }

    /// The same key for a named purpose. Purposes nest: `key.purpose("a").purpose("b")` differs
    /// from either alone.
    #[must_use]
    pub fn purpose(self, name: &str) -> Self {
        // FNV-1a, continued from the purpose so far.
        let start = self.stream ^ 0x811C_9DC5;
        let stream =
            name.bytes().fold(start, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Key { stream: stream.wrapping_add(1), ..self }
    }

    /// The same key at another step.
    #[must_use]
    pub const fn step(self, step: u32) -> Self {
        Key { step, ..self }
    }

    /// Four random words: the Philox block number `counter` of this key.
    #[inline(always)]
    pub fn block(self, counter: u64) -> [u32; 4] {
        let mut key = [self.seed as u32, (self.seed >> 32) as u32];
        let mut x = [counter as u32, (counter >> 32) as u32, self.step, self.stream];
        for _ in 0..ROUNDS {
            let a = u64::from(MULTIPLIERS[0]) * u64::from(x[0]);
            let b = u64::from(MULTIPLIERS[1]) * u64::from(x[2]);
            x = [(b >> 32) as u32 ^ x[1] ^ key[0], b as u32, (a >> 32) as u32 ^ x[3] ^ key[1], a as u32];
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        x
    }

    /// The random word of element `index`.
    pub fn word(self, index: u64) -> u32 {
        self.block(index / 4)[(index % 4) as usize]
    }

    /// The uniform number in `[0, 1)` of element `index`, a multiple of 2⁻²⁴, so exact in `f32`.
    pub fn uniform(self, index: u64) -> f32 {
        unit(self.word(index))
    }

    /// The standard normal number of element `index`, by the Box–Muller transform in `f64`.
    pub fn normal(self, index: u64) -> f64 {
        // One block makes two normals, each from a radius word and an angle word.
        let words = self.block(index / 2);
        let [radius, angle] =
            if index.is_multiple_of(2) { [words[0], words[1]] } else { [words[2], words[3]] };
        box_muller(radius, angle)
    }

    /// A uniformly random permutation of `0..n` (Fisher and Yates's shuffle).
    pub fn permutation(self, n: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n as u32).collect();
        let mut stream = self.stream();
        for last in (1..n).rev() {
            order.swap(last, stream.below(last as u64 + 1) as usize);
        }
        order
    }

    /// The numbers of this key one after the other, for sequential code on the host.
    pub fn stream(self) -> Stream {
        Stream { key: self, next: 0 }
    }
}

/// Maps a random word to `[0, 1)` by its upper 24 bits.
#[inline(always)]
pub fn unit(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// `√(−2 ln u) · cos(2πv)`: a normal number of two uniform ones (Box and Muller, 1958). `u` is `radius + 1` of 2³²
/// parts, in (0, 1], so that its logarithm is finite; `v` is `angle` of 2³² parts.
///
/// In additions and products alone, without a branch, so that a loop over it becomes vectors, and a number has the
/// same bits on every machine, whatever its standard library. The polynomials are those of fdlibm (Sun, 1993).
#[inline(always)]
pub(crate) fn box_muller(radius: u32, angle: u32) -> f64 {
    // The logarithm of an integer is no more negative than 0; of 2³² parts it is no more than 0.
    (-2.0 * ln_of_parts(f64::from(radius) + 1.0)).sqrt() * cos_of_parts(angle)
}

/// `ln(x / 2³²)` for `x` from 1 to 2³².
#[inline(always)]
fn ln_of_parts(x: f64) -> f64 {
    /// The smallest mantissa: √½.
    const LEAST: u64 = 0x3fe6_a09e_667f_3bcd;
    /// `ln 2` in two parts; the first has so few digits that a small multiple is exact.
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    /// 2⁵², whose last digit is worth 1: below it, the bits of a float are those of an integer.
    const INTEGERS: f64 = 4_503_599_627_370_496.0;
    const MANTISSA: u64 = (1 << 52) - 1;
    let bits = x.to_bits() - LEAST;
    let exponent = f64::from_bits(INTEGERS.to_bits() | (bits >> 52)) - INTEGERS - 32.0;
    // ln(1 + f) by s = f/(2 + f).
    let f = f64::from_bits((bits & MANTISSA) + LEAST) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let p = 1.479_819_860_511_658_6e-1;
    let p = p * z + 1.531_383_769_920_937_3e-1;
    let p = p * z + 1.818_357_216_161_805e-1;
    let p = p * z + 2.222_219_843_214_978_4e-1;
    let p = p * z + 2.857_142_874_366_239e-1;
    let p = p * z + 3.999_999_999_940_942e-1;
    let p = p * z + 6.666_666_666_666_735e-1;
    let half = 0.5 * f * f;
    exponent * LN_2[0] - ((half - (s * (half + p * z) + exponent * LN_2[1])) - f)
}

/// `cos(2π · angle / 2³²)`.
#[inline(always)]
fn cos_of_parts(angle: u32) -> f64 {
    // The nearest quarter of a turn, and what is left of the angle, at most an eighth of a turn.
    let quarter = angle.wrapping_add(1 << 29) >> 30;
    let x = f64::from(angle.wrapping_sub(quarter << 30) as i32) * (std::f64::consts::TAU / 4_294_967_296.0);
    let z = x * x;
    let p = 1.589_690_995_211_55e-10;
    let p = p * z - 2.505_076_025_340_686_3e-8;
    let p = p * z + 2.755_731_370_707_007e-6;
    let p = p * z - 1.984_126_982_985_795e-4;
    let p = p * z + 8.333_333_333_322_49e-3;
    let p = p * z - 1.666_666_666_666_663_2e-1;
    let sin = x + x * z * p;
    let p = -1.135_964_755_778_819_5e-11;
    let p = p * z + 2.087_572_321_298_175e-9;
    let p = p * z - 2.755_731_435_139_066_3e-7;
    let p = p * z + 2.480_158_728_947_673e-5;
    let p = p * z - 1.388_888_888_887_411e-3;
    let p = p * z + 4.166_666_666_666_66e-2;
    let cos = 1.0 - (0.5 * z - z * z * p);
    // cos x, −sin x, −cos x, sin x.
    let size = if quarter & 1 == 0 { cos } else { sin };
    if quarter.wrapping_add(1) & 2 == 0 { size } else { -size }
}

/// A sequential reader of the numbers of one [`Key`].
#[derive(Clone, Debug)]
pub struct Stream {
    key: Key,
    next: u64,
}

impl Stream {
    fn advance(&mut self) -> [u32; 4] {
        let block = self.key.block(self.next);
        self.next += 1;
        block
    }

    /// A random 64-bit word.
    pub fn word64(&mut self) -> u64 {
        let [low, high, ..] = self.advance();
        u64::from(high) << 32 | u64::from(low)
    }

    /// A uniform number in `[0, 1)` with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        (self.word64() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// A uniform number in `[low, high)`.
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A uniform integer in `0..n`.
    ///
    /// # Panics
    /// When `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "below: there is no integer in 0..0");
        // The top word of a 64x64-bit product; its bias, under n / 2⁶⁴, can't be observed.
        ((u128::from(self.word64()) * u128::from(n)) >> 64) as u64
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        let index = self.next * 2;
        self.next += 1;
        self.key.normal(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers published with the Random123 library for philox4x32-10.
    #[test]
    fn philox_known_answers() {
        let zero = Key { seed: 0, stream: 0, step: 0 };
        assert_eq!(zero.block(0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = Key { seed: u64::MAX, stream: u32::MAX, step: u32::MAX };
        assert_eq!(ones.block(u64::MAX), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = Key { seed: 0x299f_31d0_a409_3822, stream: 0x0370_7344, step: 0x1319_8a2e };
        assert_eq!(pi.block(0x85a3_08d3_243f_6a88), [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn moments_of_uniform_and_normal() {
        let key = Key::new(7).purpose("moments");
        let n = 200_000;
        let mean = |f: &dyn Fn(u64) -> f64| (0..n).map(f).sum::<f64>() / n as f64;
        assert!((mean(&|i| f64::from(key.uniform(i))) - 0.5).abs() < 0.003);
        assert!(mean(&|i| key.normal(i)).abs() < 0.01);
        assert!((mean(&|i| key.normal(i).powi(2)) - 1.0).abs() < 0.015);
        assert!((mean(&|i| key.normal(i).powi(4)) - 3.0).abs() < 0.1);
        assert!(mean(&|i| key.normal(2 * i) * key.normal(2 * i + 1)).abs() < 0.01);
    }

    /// Normal numbers are those of the standard library's logarithm and cosine, but for its last digits.
    #[test]
    fn normals_are_those_of_the_formula() {
        let corners = [0, 1, 1 << 29, (1 << 29) - 1, 1 << 30, 1 << 31, 3 << 30, u32::MAX - 1, u32::MAX];
        let drawn = (0..20_000).map(|i| Key::new(5).block(i)).map(|[a, b, ..]| [a, b]);
        let pairs = corners.into_iter().flat_map(|a| corners.map(|b| [a, b]));
        for [radius, angle] in pairs.chain(drawn) {
            let [u, v] = [f64::from(radius) + 1.0, f64::from(angle)].map(|x| x / 4_294_967_296.0);
            let want = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
            let have = box_muller(radius, angle);
            assert!((have - want).abs() < 3e-15, "{radius} {angle}: {have} instead of {want}");
        }
    }

    #[test]
    fn permutations_hold_each_index_once() {
        for n in [0, 1, 2, 17, 1000] {
            let mut order = Key::new(3).permutation(n);
            order.sort_unstable();
            assert!(order.iter().enumerate().all(|(i, &v)| i as u32 == v));
        }
    }

    #[test]
    fn purposes_and_steps_differ() {
        let key = Key::new(1);
        assert_ne!(key.purpose("a").block(0), key.purpose("b").block(0));
        assert_ne!(key.purpose("a").purpose("b").block(0), key.purpose("b").purpose("a").block(0));
        assert_ne!(key.step(1).block(0), key.step(2).block(0));
    }
}
