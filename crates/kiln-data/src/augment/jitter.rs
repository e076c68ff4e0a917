//! Changing colours.

use kiln_tensor::random::unit;

use super::Jitter;

/// The parts of red, green and blue in the luminance (ITU-R BT.601).
const LUMINANCE: [f32; 3] = [0.299, 0.587, 0.114];

impl Jitter {
    /// Changes an image in the unit range; the words decide brightness, contrast and saturation.
    pub(super) fn apply(&self, image: &mut [f32], channels: usize, words: [u32; 4]) {
        // Opacity is no colour.
        let colours = if channels == 4 { 3 } else { channels };
        let plane = image.len() / channels.max(1);
        let image = &mut image[..colours * plane];
        let factor = |strength: f32, word: u32| 1.0 + strength * (2.0 * unit(word) - 1.0);
        let [brightness, contrast, saturation] = [
            factor(self.brightness, words[0]),
            factor(self.contrast, words[1]),
            factor(self.saturation, words[2]),
        ];
        adjust(image, colours, brightness, contrast, saturation);
    }
}

/// Multiplies brightness, contrast and saturation by these factors, in that order.
fn adjust(image: &mut [f32], channels: usize, brightness: f32, contrast: f32, saturation: f32) {
    image.iter_mut().for_each(|value| *value = (*value * brightness).min(1.0));
    let plane = image.len() / channels.max(1);
    let grey = mean_luminance(image, channels);
    // Products of both ends, not a product of their difference, so that a factor of 1 changes nothing.
    let mix = |value: f32, grey: f32, factor: f32| (factor * value + (1.0 - factor) * grey).clamp(0.0, 1.0);
    image.iter_mut().for_each(|value| *value = mix(*value, grey, contrast));
    if channels == 3 {
        for at in 0..plane {
            let rgb = [image[at], image[plane + at], image[2 * plane + at]];
            let grey = luminance(rgb);
            for (channel, value) in rgb.into_iter().enumerate() {
                image[channel * plane + at] = mix(value, grey, saturation);
            }
        }
    }
}

/// The luminance of three channels; of another number, the mean of all values.
fn mean_luminance(image: &[f32], channels: usize) -> f32 {
    let mean =
        |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
    if channels == 3 {
        let means = image.chunks_exact(image.len() / 3).map(|plane| mean(plane) as f32);
        means.zip(LUMINANCE).map(|(mean, part)| mean * part).sum()
    } else {
        mean(image) as f32
    }
}

fn luminance(rgb: [f32; 3]) -> f32 {
    rgb.iter().zip(LUMINANCE).map(|(value, part)| value * part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6)
    }

    #[test]
    fn grey_has_brightness_and_contrast() {
        let adjusted = |brightness, contrast| {
            let mut image = [0.2, 0.4, 0.6];
            adjust(&mut image, 1, brightness, contrast, 0.0);
            image
        };
        assert!(close(&adjusted(1.5, 1.0), &[0.3, 0.6, 0.9]));
        assert!(close(&adjusted(2.0, 1.0), &[0.4, 0.8, 1.0]));
        assert!(close(&adjusted(1.0, 0.5), &[0.3, 0.4, 0.5]));
        assert!(close(&adjusted(1.0, 0.0), &[0.4; 3]));
        assert_eq!(adjusted(1.0, 1.0), [0.2, 0.4, 0.6]);
    }

    #[test]
    fn opacity_stays() {
        let jitter = Jitter { brightness: 1.0, contrast: 1.0, saturation: 1.0 };
        let (mut with, mut without) = ([0.5, 0.3, 0.1, 0.7], [0.5, 0.3, 0.1]);
        jitter.apply(&mut with, 4, [1 << 30; 4]);
        jitter.apply(&mut without, 3, [1 << 30; 4]);
        assert_eq!((&with[..3], with[3]), (&without[..], 0.7));
    }

    #[test]
    fn colours_have_saturation() {
        let mut image = [1.0, 0.0, 0.0];
        adjust(&mut image, 3, 1.0, 1.0, 0.0);
        assert!(close(&image, &[0.299; 3]));
        let mut image = [0.6, 0.5, 0.4];
        adjust(&mut image, 3, 1.0, 1.0, 2.0);
        let grey = 0.6 * 0.299 + 0.5 * 0.587 + 0.4 * 0.114;
        assert!(close(&image, &[1.2 - grey, 1.0 - grey, 0.8 - grey]));
    }
}
