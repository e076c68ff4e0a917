//! Animations.

use std::borrow::Cow;
use std::path::PathBuf;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, DynamicImage, RgbImage, imageops};
use kiln_train::read_regular;

use crate::ReportError;

/// Step of the search for the 256 colours of a frame, from 1 (best, slow) to 30 (fast). It matters only for
/// frames with more colours than that, which grey ones never have. On a sheet of smoothly coloured images
/// 10 is five times as fast as 1, and its mean error is 6.9 of 255 instead of 6.6.
const SPEED: i32 = 10;

/// A picture of an animation, whatever form it has.
#[derive(Clone, Debug)]
pub enum GifFrame {
    /// A PNG file.
    File(PathBuf),
    /// The bytes of a PNG file.
    Png(Vec<u8>),
    /// Pixels.
    Pixels(RgbImage),
}

/// Speed and size of an animation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GifOptions {
    /// Duration of a frame, in milliseconds. A GIF counts in hundredths of a second, and browsers
    /// take less than 20 ms for 100 ms.
    pub ms_per_frame: u32,
    /// Duration of the last frame, in milliseconds, before the animation begins again.
    pub hold_last_ms: u32,
    /// Largest width in pixels; wider frames are made smaller. A sheet of 64 grey digits, 690 pixels wide, takes
    /// up to 200 kB a frame, and half of that at half the width.
    pub most_width: u32,
}

impl Default for GifOptions {
    /// Ten frames a second, two seconds for the last, up to 800 pixels wide.
    fn default() -> Self {
        GifOptions { ms_per_frame: 100, hold_last_ms: 2000, most_width: 800 }
    }
}

/// A GIF that plays the frames in their order, again and again. The frames are read one by one, so that
/// only one is in memory.
///
/// # Errors
/// When there are no frames, one can't be read, or one has another size than the first.
pub fn animate(frames: &[GifFrame], options: &GifOptions) -> Result<Vec<u8>, ReportError> {
    let Some(last) = frames.len().checked_sub(1) else { return Err(ReportError::NoFrames) };
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, SPEED);
    let mut size = None;
    for (index, frame) in frames.iter().enumerate() {
        let name = frame.name(index);
        let unusable = |error: image::ImageError| ReportError::Picture {
            name: name.clone(),
            problem: error.to_string(),
        };
        let pixels = frame.pixels(&name)?;
        let (width, height) = pixels.dimensions();
        let (first_width, first_height) = *size.get_or_insert((width, height));
        if (width, height) != (first_width, first_height) {
            return Err(ReportError::FrameSize { name, width, height, first_width, first_height });
        }
        if index == 0 {
            encoder.set_repeat(Repeat::Infinite).map_err(unusable)?;
        }
        let ms = if index == last { options.hold_last_ms } else { options.ms_per_frame };
        let pixels = DynamicImage::from(shrunk(pixels, options.most_width)).into_rgba8();
        let frame = image::Frame::from_parts(pixels, 0, 0, Delay::from_numer_denom_ms(ms, 1));
        encoder.encode_frame(frame).map_err(unusable)?;
    }
    drop(encoder);
    Ok(bytes)
}

impl GifFrame {
    /// The name of the frame in a message.
    fn name(&self, index: usize) -> String {
        match self {
            GifFrame::File(path) => path.display().to_string(),
            GifFrame::Png(_) | GifFrame::Pixels(_) => format!("frame {}", index + 1),
        }
    }

    fn pixels(&self, name: &str) -> Result<Cow<'_, RgbImage>, ReportError> {
        let decoded = |bytes: &[u8]| match image::load_from_memory(bytes) {
            Ok(image) => Ok(Cow::Owned(image.into_rgb8())),
            Err(error) => Err(ReportError::Picture { name: name.to_owned(), problem: error.to_string() }),
        };
        match self {
            GifFrame::File(path) => decoded(&read_regular(path).map_err(ReportError::read(path))?),
            GifFrame::Png(bytes) => decoded(bytes),
            GifFrame::Pixels(pixels) => Ok(Cow::Borrowed(pixels)),
        }
    }
}

/// The pixels, made smaller if they are wider than this.
fn shrunk(pixels: Cow<'_, RgbImage>, most_width: u32) -> RgbImage {
    let (width, height) = pixels.dimensions();
    let most_width = most_width.max(1);
    if width <= most_width {
        return pixels.into_owned();
    }
    let height = (u64::from(height) * u64::from(most_width)).div_ceil(u64::from(width));
    imageops::resize(&*pixels, most_width, height as u32, imageops::FilterType::Triangle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{AnimationDecoder, Rgb, codecs::gif::GifDecoder};
    use std::io::Cursor;

    fn plain(width: u32, height: u32, grey: u8) -> RgbImage {
        RgbImage::from_pixel(width, height, Rgb([grey; 3]))
    }

    fn frames(gif: &[u8]) -> Vec<image::Frame> {
        GifDecoder::new(Cursor::new(gif)).unwrap().into_frames().collect_frames().unwrap()
    }

    fn png(pixels: &RgbImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        pixels.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn frames_are_played_in_order_and_the_last_is_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frame.png");
        plain(6, 4, 20).save(&path).unwrap();
        let all =
            [GifFrame::File(path), GifFrame::Png(png(&plain(6, 4, 90))), GifFrame::Pixels(plain(6, 4, 250))];
        let gif =
            animate(&all, &GifOptions { ms_per_frame: 70, hold_last_ms: 1500, ..GifOptions::default() });
        let decoded = frames(&gif.unwrap());
        let seen: Vec<_> = decoded
            .iter()
            .map(|frame| (frame.buffer().get_pixel(3, 2).0[0], frame.delay().numer_denom_ms().0))
            .collect();
        assert_eq!(seen, [(20, 70), (90, 70), (250, 1500)]);
    }

    #[test]
    fn grey_frames_keep_all_their_shades() {
        let ramp = RgbImage::from_fn(256, 3, |x, _| Rgb([x as u8; 3]));
        let gif = animate(&[GifFrame::Pixels(ramp.clone())], &GifOptions::default()).unwrap();
        let decoded = DynamicImage::from(frames(&gif).remove(0).into_buffer()).into_rgb8();
        assert_eq!(decoded, ramp);
    }

    #[test]
    fn wide_frames_are_made_smaller() {
        let gif = animate(&[GifFrame::Pixels(plain(1000, 300, 7))], &GifOptions::default()).unwrap();
        assert_eq!(frames(&gif)[0].buffer().dimensions(), (800, 240));
    }

    #[test]
    fn what_cannot_be_animated_is_named() {
        let error = |frames: &[GifFrame]| animate(frames, &GifOptions::default()).unwrap_err().to_string();
        assert!(error(&[]).starts_with("an animation needs at least one picture"));
        let message = error(&[GifFrame::Pixels(plain(2, 2, 0)), GifFrame::Pixels(plain(2, 3, 0))]);
        assert!(message.starts_with("frame 2 has 2x3 pixels, but the first frame has 2x2;"), "{message}");
        let message = error(&[GifFrame::Png(b"no picture".to_vec())]);
        assert!(message.starts_with("frame 1 is not a usable picture: "), "{message}");
        let message = error(&[GifFrame::File("no/such.png".into())]);
        assert!(message.starts_with("cannot read no/such.png: "), "{message}");
    }
}
