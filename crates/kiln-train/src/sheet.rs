//! Pictures of many images.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use kiln_nn::Images;

use crate::TrainError;

/// How many images a row of a sheet has; models that make rows of their own go by it.
pub const SHEET_COLUMNS: usize = 8;

/// The grey between images.
const MARGIN_GREY: u8 = 48;

/// Pixels between images.
const MARGIN: usize = 2;

/// Small images are enlarged by a whole factor, as long as their longer side stays within this.
const READABLE: usize = 96;

/// The images in rows of `columns`, from the top left, as the bytes of a PNG: grey or RGB, values
/// outside of the range cut off. Images of 28 and 32 pixels are enlarged three times.
///
/// # Errors
/// When the images have neither 1 nor 3 channels, there are none, or the device failed.
pub fn png(images: &Images, columns: usize) -> Result<Vec<u8>, TrainError> {
    let tensor = images.unit();
    let [count, channels, height, width] = [0, 1, 2, 3].map(|axis| tensor.dims()[axis]);
    let color = match channels {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        _ => return Err(TrainError::Channels { channels }),
    };
    let values = tensor.to_f64_vec()?;
    let scale = (READABLE / height.max(width).max(1)).max(1);
    let columns = columns.clamp(1, count.max(1));
    let pitch = [height * scale + MARGIN, width * scale + MARGIN];
    let rows = count.div_ceil(columns);
    let size = [rows * pitch[0] + MARGIN, columns * pitch[1] + MARGIN];

    let mut pixels = vec![MARGIN_GREY; size[0] * size[1] * channels];
    for (i, image) in values.chunks_exact((channels * height * width).max(1)).enumerate() {
        let corner = [i / columns * pitch[0] + MARGIN, i % columns * pitch[1] + MARGIN];
        for y in 0..height * scale {
            let line = ((corner[0] + y) * size[1] + corner[1]) * channels;
            for x in 0..width * scale {
                for channel in 0..channels {
                    let value = image[(channel * height + y / scale) * width + x / scale];
                    // A cast takes what is not a number to 0.
                    pixels[line + x * channels + channel] = (value * 255.0).round() as u8;
                }
            }
        }
    }
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&pixels, size[1] as u32, size[0] as u32, color).map_err(
        |error| TrainError::Write { path: "the picture".into(), reason: std::io::Error::other(error) },
    )?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::{Device, Tensor};
    use kiln_nn::PixelRange;

    fn images(values: &[f32], dims: [usize; 4], range: PixelRange) -> Images {
        Images::new(Tensor::from_slice(values, dims, &Device::cpu()), range)
    }

    #[test]
    fn grey_images_are_tiled_with_margins_and_enlarged() {
        let bytes = png(&images(&[0.0, 1.0, -3.0, 9.0, 0.5], [5, 1, 1, 1], PixelRange::Unit), 3).unwrap();
        let sheet = image::load_from_memory(&bytes).unwrap().into_luma8();
        assert_eq!(sheet.dimensions(), (3 * 98 + 2, 2 * 98 + 2));
        let at = |column: u32, row: u32| sheet.get_pixel(column * 98 + 50, row * 98 + 50).0[0];
        assert_eq!([at(0, 0), at(1, 0), at(2, 0), at(0, 1), at(1, 1)], [0, 255, 0, 255, 128]);
        assert_eq!([at(2, 1), sheet.get_pixel(0, 0).0[0]], [MARGIN_GREY; 2]);
    }

    #[test]
    fn colours_are_in_their_places() {
        let bytes = png(&images(&[1.0, -1.0, 0.0], [1, 3, 1, 1], PixelRange::Signed), 8).unwrap();
        let sheet = image::load_from_memory(&bytes).unwrap().into_rgb8();
        assert_eq!(sheet.get_pixel(50, 50).0, [255, 0, 128]);
    }

    #[test]
    fn two_channels_are_refused() {
        let error = png(&images(&[0.0; 2], [1, 2, 1, 1], PixelRange::Unit), 8).unwrap_err();
        assert!(matches!(error, TrainError::Channels { channels: 2 }));
    }
}
