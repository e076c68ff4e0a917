//! Grey and colour, and pixels that lie side by side or apart.

use crate::Channels;

/// Planar pixels of one image with `from` channels, 1, 3 or 4, in other channels. Opacity is dropped or is full.
pub(crate) fn convert(mut pixels: Vec<u8>, from: usize, to: Channels) -> Vec<u8> {
    let plane = pixels.len() / from;
    match to {
        Channels::Grey if from >= 3 => {
            let (red, rest) = pixels.split_at(plane);
            let (green, blue) = rest.split_at(plane);
            red.iter().zip(green).zip(blue).map(|((&r, &g), &b)| luma(r, g, b)).collect()
        }
        Channels::Grey => pixels,
        Channels::Rgb if from == 1 => pixels.repeat(3),
        Channels::Rgb => {
            pixels.truncate(3 * plane);
            pixels
        }
        Channels::Rgba if from == 4 => pixels,
        Channels::Rgba => {
            let mut pixels = if from == 1 { pixels.repeat(3) } else { pixels };
            pixels.resize(4 * plane, 255);
            pixels
        }
    }
}

/// The luma of Rec. 601 in fixed point, which is Pillow's `convert("L")`.
pub(super) fn luma(red: u8, green: u8, blue: u8) -> u8 {
    let weighted = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    ((weighted + 0x8000) >> 16) as u8
}

/// Interleaved pixels of `N` channels as planes.
pub(super) fn planes<const N: usize>(interleaved: &[u8]) -> Vec<u8> {
    let (pixels, _) = interleaved.as_chunks::<N>();
    (0..N).flat_map(|channel| pixels.iter().map(move |pixel| pixel[channel])).collect()
}

/// Interleaved pixels of `N` channels, the last of which is opacity, as planes of the others over a colour.
pub(super) fn planes_over<const N: usize>(interleaved: &[u8], behind: &[u8]) -> Vec<u8> {
    let (pixels, _) = interleaved.as_chunks::<N>();
    let over = |value: u8, opacity: u8, behind: u8| {
        let (opacity, full) = (u32::from(opacity), 255);
        ((u32::from(value) * opacity + u32::from(behind) * (full - opacity) + full / 2) / full) as u8
    };
    (0..N - 1)
        .flat_map(|channel| {
            pixels.iter().map(move |pixel| over(pixel[channel], pixel[N - 1], behind[channel]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luma_weighs_the_colours_as_rec_601_does() {
        // Pillow's values for pure red, green, blue, white and a mixture.
        let mixed = [255, 0, 0, 255, 10, 0, 255, 0, 255, 200, 0, 0, 255, 255, 30];
        assert_eq!(convert(mixed.to_vec(), 3, Channels::Grey), [76, 150, 29, 255, 124]);
        for value in 0..=255 {
            assert_eq!(luma(value, value, value), value);
        }
    }

    #[test]
    fn grey_is_repeated() {
        assert_eq!(convert(vec![1, 2], 1, Channels::Rgb), [1, 2, 1, 2, 1, 2]);
        assert_eq!(convert(vec![1, 2], 1, Channels::Grey), [1, 2]);
        assert_eq!(convert(vec![1, 2, 3], 3, Channels::Rgb), [1, 2, 3]);
        assert_eq!(convert(vec![1, 2], 1, Channels::Rgba), [1, 2, 1, 2, 1, 2, 255, 255]);
        assert_eq!(convert(vec![1, 2, 3, 9], 4, Channels::Rgb), [1, 2, 3]);
        assert_eq!(convert(vec![5, 5, 5, 9], 4, Channels::Grey), [5]);
    }

    #[test]
    fn transparency_is_composited_over_a_colour() {
        let pixels = [200, 100, 50, 255, 200, 100, 50, 0, 200, 100, 51, 128];
        assert_eq!(planes_over::<4>(&pixels, &[0; 3]), [200, 0, 100, 100, 0, 50, 50, 0, 26]);
        assert_eq!(planes_over::<2>(&[90, 255, 90, 0], &[0]), [90, 0]);
        assert_eq!(planes_over::<4>(&pixels, &[0, 255, 255])[3..], [100, 255, 177, 50, 255, 153]);
        assert_eq!(planes::<3>(&[1, 2, 3, 4, 5, 6]), [1, 4, 2, 5, 3, 6]);
    }
}
