//! An exhibit as a picture.

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use kiln_nn::{Exhibit, Images};

use crate::TrainError;

/// Number of images in a row of a sheet of many.
pub const SHEET_COLUMNS: usize = 8;

/// The grey between images.
const MARGIN_GREY: u8 = 48;

/// Pixels between images.
const MARGIN: usize = 2;

/// Small images are enlarged by a whole factor, as long as their longer side stays within this.
const READABLE: usize = 96;

/// The key of a PNG's text that says what is shown.
const DESCRIPTION: &[u8] = b"Description\0";

/// The rows of an exhibit, from the top, as the bytes of a PNG: grey, RGB, or RGBA where a row needs it, values outside
/// of the range cut off. Small images are enlarged by a whole factor, those of 28 and 32 pixels three times. The
/// caption is in the PNG as its `Description`.
///
/// # Errors
/// When images have other than 1, 3 or 4 channels, or the device failed.
pub fn png(exhibit: &Exhibit) -> Result<Vec<u8>, TrainError> {
    let dims: Vec<[usize; 4]> =
        exhibit.rows.iter().map(|images| [0, 1, 2, 3].map(|axis| images.unit().dims()[axis])).collect();
    let channels = dims.iter().map(|dims| dims[1]).max().unwrap_or(1);
    let colors: Vec<ExtendedColorType> = dims.iter().map(|dims| color(dims[1])).collect::<Result<_, _>>()?;
    let color = colors.into_iter().max_by_key(|color| color.channel_count()).unwrap_or(ExtendedColorType::L8);
    let longest = dims.iter().map(|dims| dims[2].max(dims[3])).max().unwrap_or(1);
    let scale = (READABLE / longest.max(1)).max(1);
    let width = dims.iter().map(|[n, _, _, w]| n * (w * scale + MARGIN)).max().unwrap_or(0) + MARGIN;
    let height = dims.iter().map(|[_, _, h, _]| h * scale + MARGIN).sum::<usize>() + MARGIN;

    let mut pixels: Vec<u8> = [MARGIN_GREY, MARGIN_GREY, MARGIN_GREY, 255][..channels].repeat(width * height);
    let mut top = MARGIN;
    for (images, &[_, own, h, w]) in exhibit.rows.iter().zip(&dims) {
        let values = images.unit().to_f64_vec()?;
        for (i, image) in values.chunks_exact((own * h * w).max(1)).enumerate() {
            let left = MARGIN + i * (w * scale + MARGIN);
            for y in 0..h * scale {
                let line = ((top + y) * width + left) * channels;
                for x in 0..w * scale {
                    let value = |channel: usize| image[(channel * h + y / scale) * w + x / scale];
                    let pixel = &mut pixels[line + x * channels..][..channels];
                    for (channel, pixel) in pixel.iter_mut().enumerate() {
                        // Grey is the same in all colours, and what has no fourth channel hides what is below. A cast
                        // takes NaN to 0.
                        let value = match own {
                            1 if channel < 3 => value(0),
                            _ if channel < own => value(channel),
                            _ => 1.0,
                        };
                        *pixel = (value * 255.0).round() as u8;
                    }
                }
            }
        }
        top += h * scale + MARGIN;
    }
    let mut bytes = encoded(&pixels, width, height, color)?;
    describe(&mut bytes, &exhibit.caption);
    Ok(bytes)
}

/// One image as the bytes of a PNG of its own size: grey, RGB or RGBA, 8 bits by rounding, values outside of the range
/// cut off.
///
/// # Errors
/// When the image has other than 1, 3 or 4 channels, or the device failed.
///
/// # Panics
/// When there is not one image.
pub fn picture(image: &Images) -> Result<Vec<u8>, TrainError> {
    assert!(image.len() == 1, "picture: {} images; wanted one", image.len());
    let tensor = image.unit();
    let [channels, height, width] = [1, 2, 3].map(|axis| tensor.dims()[axis]);
    let color = color(channels)?;
    let values = tensor.to_f64_vec()?;
    let at = |i: usize| values[i % channels * height * width + i / channels];
    let pixels: Vec<u8> = (0..values.len()).map(|i| (at(i) * 255.0).round() as u8).collect();
    encoded(&pixels, width, height, color)
}

fn color(channels: usize) -> Result<ExtendedColorType, TrainError> {
    match channels {
        1 => Ok(ExtendedColorType::L8),
        3 => Ok(ExtendedColorType::Rgb8),
        4 => Ok(ExtendedColorType::Rgba8),
        _ => Err(TrainError::Channels { channels }),
    }
}

fn encoded(
    pixels: &[u8],
    width: usize,
    height: usize,
    color: ExtendedColorType,
) -> Result<Vec<u8>, TrainError> {
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(pixels, width as u32, height as u32, color).map_err(|error| {
        TrainError::Write { path: "the picture".into(), reason: std::io::Error::other(error) }
    })?;
    Ok(bytes)
}

/// Puts a text into a PNG, in front of its end: a chunk of a length, a kind, the text, and their checksum.
fn describe(png: &mut Vec<u8>, caption: &str) {
    const END: usize = 12;
    if caption.is_empty() || png.len() < END {
        return;
    }
    // The text of a `tEXt` chunk is Latin-1; captions are ASCII.
    let content = [DESCRIPTION, caption.as_bytes()].concat();
    let chunk = [b"tEXt", &content[..]].concat();
    let length = (content.len() as u32).to_be_bytes();
    let sum = crc32fast::hash(&chunk).to_be_bytes();
    let at = png.len() - END;
    png.splice(at..at, [&length[..], &chunk, &sum].concat());
}

/// What a sheet shows, as [`png`] wrote it into the file.
pub fn caption(png: &[u8]) -> Option<String> {
    let key = [b"tEXt", DESCRIPTION].concat();
    let at = png.windows(key.len()).rposition(|window| window == key)?;
    let length = u32::from_be_bytes(*png.get(at.checked_sub(4)?..)?.first_chunk()?) as usize;
    let content = png.get(at + key.len()..at + 4 + length)?;
    Some(content.iter().map(|&byte| char::from(byte)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::{Device, Tensor};
    use kiln_nn::PixelRange;

    fn images(values: &[f32], dims: [usize; 4], range: PixelRange) -> Images {
        Images::new(Tensor::from_slice(values, dims, &Device::cpu()), range)
    }

    fn sheet(images: &Images, columns: usize) -> Vec<u8> {
        png(&Exhibit::grid(images, columns, "five greys")).unwrap()
    }

    #[test]
    fn grey_images_are_tiled_with_margins_and_enlarged() {
        let bytes = sheet(&images(&[0.0, 1.0, -3.0, 9.0, 0.5], [5, 1, 1, 1], PixelRange::Unit), 3);
        assert_eq!(caption(&bytes).as_deref(), Some("five greys"));
        let sheet = image::load_from_memory(&bytes).unwrap().into_luma8();
        assert_eq!(sheet.dimensions(), (3 * 98 + 2, 2 * 98 + 2));
        let at = |column: u32, row: u32| sheet.get_pixel(column * 98 + 50, row * 98 + 50).0[0];
        assert_eq!([at(0, 0), at(1, 0), at(2, 0), at(0, 1), at(1, 1)], [0, 255, 0, 255, 128]);
        assert_eq!([at(2, 1), sheet.get_pixel(0, 0).0[0]], [MARGIN_GREY; 2]);
    }

    #[test]
    fn colours_are_in_their_places() {
        let bytes = sheet(&images(&[1.0, -1.0, 0.0], [1, 3, 1, 1], PixelRange::Signed), 8);
        let sheet = image::load_from_memory(&bytes).unwrap().into_rgb8();
        assert_eq!(sheet.get_pixel(50, 50).0, [255, 0, 128]);
    }

    #[test]
    fn rows_may_differ_in_size_and_colour() {
        let grey = images(&[0.5; 2], [2, 1, 1, 1], PixelRange::Unit);
        let clear = images(&[1.0, 0.0, 0.0, 0.5].map(|v| [v; 4]).concat(), [1, 4, 2, 2], PixelRange::Unit);
        let exhibit = Exhibit { rows: vec![grey, clear], ..Exhibit::default() };
        let sheet = image::load_from_memory(&png(&exhibit).unwrap()).unwrap().into_rgba8();
        // Enlarged as the larger of them is.
        assert_eq!(sheet.dimensions(), (2 * 50 + 2, 2 + 50 + 98));
        assert_eq!(sheet.get_pixel(10, 10).0, [128, 128, 128, 255]);
        assert_eq!(sheet.get_pixel(10, 60).0, [255, 0, 0, 128]);
        assert_eq!(caption(&png(&exhibit).unwrap()), None);
    }

    #[test]
    fn two_channels_are_refused() {
        let exhibit = Exhibit::grid(&images(&[0.0; 2], [1, 2, 1, 1], PixelRange::Unit), 8, "");
        assert!(matches!(png(&exhibit).unwrap_err(), TrainError::Channels { channels: 2 }));
    }
}
