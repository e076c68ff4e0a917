//! Decoding one image.

use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageEncoder, ImageFormat, Luma, LumaA, Rgb, Rgba,
    RgbaImage,
};
use kiln_data::Channels;
use kiln_data::picture::{Picture, PictureError, decode, decode_as};

use crate::{encoded, grey, rgb};

fn png(image: &DynamicImage) -> Picture {
    decode(&encoded(image, ImageFormat::Png)).unwrap()
}

#[test]
fn every_format_gives_planes() {
    let image = rgb(3, 2, |x, y| [10 * x as u8, 100 * y as u8, 7]);
    let planes = [0, 10, 20, 0, 10, 20, 0, 0, 0, 100, 100, 100, 7, 7, 7, 7, 7, 7];
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::Gif, ImageFormat::Tiff, ImageFormat::WebP]
    {
        // A GIF may have other colours, but has these few.
        let picture = decode(&encoded(&image, format)).unwrap();
        assert_eq!((picture.channels(), picture.height(), picture.width()), (Channels::Rgb, 2, 3));
        assert_eq!(picture.pixels(), planes, "{format:?}");
    }
    let flat = decode(&encoded(&rgb(9, 9, |_, _| [200, 30, 60]), ImageFormat::Jpeg)).unwrap();
    for (plane, want) in flat.pixels().chunks(81).zip([200, 30, 60u8]) {
        assert!(plane.iter().all(|value| value.abs_diff(want) <= 2), "{plane:?}");
    }
    for format in [ImageFormat::Png, ImageFormat::Jpeg] {
        let picture = decode(&encoded(&grey(5, 4, 90), format)).unwrap();
        assert_eq!((picture.channels(), picture.pixels()), (Channels::Grey, &[90; 20][..]), "{format:?}");
    }
}

#[test]
fn transparent_is_black() {
    let pixels = |pixels: &[u8]| RgbaImage::from_raw(2, 1, pixels.to_vec()).unwrap();
    let image = pixels(&[200, 100, 50, 128, 255, 255, 255, 0]);
    assert_eq!(png(&image.into()).pixels(), [100, 0, 50, 0, 25, 0]);
    let image = GrayAlphaImage::from_raw(2, 1, vec![200, 128, 255, 0]).unwrap();
    let picture = png(&image.into());
    assert_eq!((picture.channels(), picture.pixels()), (Channels::Grey, &[100, 0][..]));
}

#[test]
fn opacity_is_a_channel_where_it_is_wanted_and_else_shows_the_background() {
    let image = RgbaImage::from_raw(2, 1, vec![200, 100, 50, 128, 255, 255, 255, 0]).unwrap();
    let bytes = encoded(&image.into(), ImageFormat::Png);
    let decoded = |channels, background: &str| {
        decode_as(&bytes, channels, background.parse().unwrap()).unwrap().pixels().to_vec()
    };
    assert_eq!(decoded(Channels::Rgba, "white"), [200, 255, 100, 255, 50, 255, 128, 0]);
    assert_eq!(decoded(Channels::Rgb, "#0000ff"), [100, 0, 50, 0, 152, 255]);
    assert_eq!(decoded(Channels::Grey, "white")[1], 255);
    let opaque = encoded(&grey(1, 1, 9), ImageFormat::Png);
    let opaque = decode_as(&opaque, Channels::Rgba, Default::default()).unwrap();
    assert_eq!(opaque.pixels(), [9, 9, 9, 255]);
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let values = [0u16, 128, 129, 0x1234, 0xFFFE, 0xFFFF];
    let want = [0, 0, 1, 0x12, 255, 255];
    let grey = ImageBuffer::<Luma<u16>, _>::from_raw(6, 1, values.to_vec()).unwrap();
    assert_eq!(png(&grey.into()).pixels(), want);
    let image = ImageBuffer::<Rgb<u16>, _>::from_fn(6, 1, |x, _| Rgb([values[x as usize], 0, 0xFFFF]));
    assert_eq!(png(&image.into()).pixels(), [&want[..], &[0; 6], &[255; 6]].concat());
    let image = ImageBuffer::<Rgba<u16>, _>::from_pixel(1, 1, Rgba([0xFFFF, 0, 0, 0x8080]));
    assert_eq!(png(&image.into()).pixels(), [128, 0, 0]);
    let image = ImageBuffer::<LumaA<u16>, _>::from_pixel(1, 1, LumaA([0xFFFF, 0x8080]));
    assert_eq!(png(&image.into()).pixels(), [128]);
}

/// EXIF that says `orientation` and nothing else.
fn exif(orientation: u8) -> Vec<u8> {
    let header = [b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1];
    let entry = [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    [&header[..], &entry].concat()
}

/// One 8×8 block is bright, the other dark, so that JPEG keeps them apart.
#[test]
fn the_exif_orientation_is_honoured() {
    let image = rgb(16, 8, |x, _| if x < 8 { [250; 3] } else { [5; 3] }).to_rgb8();
    // The height and width, and where the bright half is: the row and column of one of its pixels.
    for (orientation, size, bright) in [
        (1, [8, 16], [4, 2]),
        (2, [8, 16], [4, 13]),
        (3, [8, 16], [4, 13]),
        (6, [16, 8], [2, 4]),
        (8, [16, 8], [13, 4]),
    ] {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 95);
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.write_image(&image, 16, 8, image::ExtendedColorType::Rgb8).unwrap();
        let picture = decode(&bytes).unwrap();
        assert_eq!([picture.height(), picture.width()], size, "orientation {orientation}");
        let value = |row: usize, column: usize| picture.pixels()[row * picture.width() + column];
        let [row, column] = bright;
        assert!(value(row, column) > 240, "orientation {orientation}");
        assert!(value(size[0] - 1 - row, size[1] - 1 - column) < 15, "orientation {orientation}");
    }
}

/// As Pillow converts it.
#[test]
fn cmyk_becomes_rgb() {
    let picture = decode(include_bytes!("cmyk.jpg")).unwrap();
    let planes: Vec<&[u8]> = picture.pixels().chunks(64).collect();
    assert_eq!(planes, [[200; 64], [30; 64], [60; 64]]);
}

#[test]
fn palettes_and_single_bits_are_resolved() {
    // 1 bit a pixel: a BMP with a palette of two colours, 2×2, rows from the bottom, padded to 4 bytes.
    let header = [&b"BM"[..], &70u32.to_le_bytes(), &[0; 4], &62u32.to_le_bytes(), &40u32.to_le_bytes()];
    let sizes = [2u32.to_le_bytes(), 2u32.to_le_bytes(), [1, 0, 1, 0]].concat();
    let palette = [0, 0, 255, 0, 0, 255, 0, 0];
    let rows = [0b0100_0000, 0, 0, 0, 0b1100_0000, 0, 0, 0];
    let bytes = [&header.concat()[..], &sizes, &[0; 24], &palette, &rows].concat();
    let picture = decode(&bytes).unwrap();
    assert_eq!(picture.pixels(), [0, 0, 255, 0, 255, 255, 0, 255, 0, 0, 0, 0]);
}

#[test]
fn every_cut_of_a_file_is_an_error() {
    let image = rgb(20, 20, |x, y| [(x * y) as u8, x as u8, 9]);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp] {
        let whole = encoded(&image, format);
        assert!(decode(&whole).is_ok());
        // All pixels are there before the last chunk of a PNG, which is empty and takes 12 bytes, and before the
        // marker at the end of a JPEG.
        let behind = match format {
            ImageFormat::Png => 12,
            ImageFormat::Jpeg => 2,
            _ => 0,
        };
        let needed = whole.len() - behind;
        for cut in 0..needed {
            assert!(decode(&whole[..cut]).is_err(), "{format:?} cut at {cut} of {}", whole.len());
        }
    }
}

/// A PNG that is only a header with these sizes, and the bytes given as its data.
fn png_header(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut header = b"\x89PNG\r\n\x1a\n".to_vec();
    let sizes = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    for (kind, data) in [(b"IHDR", &sizes[..]), (b"IDAT", data), (b"IEND", &[])] {
        header.extend((data.len() as u32).to_be_bytes());
        let chunk = [&kind[..], data].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&chunk);
        header.extend(chunk);
        header.extend(crc.sum().to_be_bytes());
    }
    header
}

#[test]
fn bombs_are_refused_by_their_header() {
    let refusal = |bytes: &[u8]| decode(bytes).unwrap_err();
    for (width, height) in [(20_000, 3), (3, 20_000), (16_384, 16_384)] {
        let error = refusal(&png_header(width, height, &[0; 100]));
        let says = format!("it is {width}×{height} pixels; a side may have 16384 and the image 67108864");
        assert!(error.to_string().starts_with(&says), "{error}");
    }
    let error = refusal(&png_header(8000, 8000, &[0; 100]));
    assert!(matches!(error, PictureError::Unfilled { width: 8000, height: 8000, bytes: 157 }), "{error}");
    assert!(error.to_string().contains("declares 8000×8000 pixels, which 157 bytes can't hold"));
    // A BMP has signed sizes, of which a negative height means rows from the top.
    let mut bmp = encoded(&grey(2, 2, 1), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0xFF, 0x3F, 0, 0, 0, 0xC0, 0xFF, 0xFF]);
    assert!(matches!(refusal(&bmp), PictureError::Unfilled { .. } | PictureError::Dimensions { .. }));
}

#[test]
fn other_content_is_named() {
    assert!(matches!(decode(b""), Err(PictureError::Empty)));
    for bytes in [&b"GIF8"[..], b"{}", b"P6 1 1 255 ", b"\x89PNG"] {
        assert!(matches!(decode(bytes), Err(PictureError::Format)), "{bytes:?}");
    }
    let mut damaged = encoded(&DynamicImage::from(GrayImage::new(20, 20)), ImageFormat::Png);
    let at = damaged.len() - 20;
    damaged[at] ^= 0xFF;
    let error = decode(&damaged).unwrap_err();
    assert!(matches!(error, PictureError::Decode(_)) && error.to_string().starts_with("decoding failed: "));
    assert!(!error.to_string().contains('\n'), "{error}");
}
