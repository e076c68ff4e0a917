//! Small valid files of every format, each kind of it that takes another path through its decoder.

use std::io::{Cursor, Read, Write};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use flate2::write::{GzEncoder, ZlibEncoder};
use image::ColorType::{self, L8, La8, Rgb8, Rgb16, Rgba8};
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgba, RgbaImage};

pub fn idx() -> Vec<Vec<u8>> {
    let file = |sizes: &[u8], len: usize| {
        let header = [
            &[0, 0, 8, sizes.len() as u8][..],
            &sizes.iter().flat_map(|&n| [0, 0, 0, n]).collect::<Vec<_>>(),
        ];
        [&header.concat()[..], &(0..len).map(|at| at as u8).collect::<Vec<_>>()].concat()
    };
    vec![file(&[3, 4, 5], 60), file(&[1, 1, 1], 1), file(&[9], 9)]
}

pub fn cifar() -> Vec<Vec<u8>> {
    let record = |label: u8| std::iter::once(label).chain((0..3072).map(|at| (at % 251) as u8));
    vec![record(3).collect(), record(9).chain(record(0)).collect()]
}

pub fn captions() -> Vec<Vec<u8>> {
    let texts = [
        "file\tcaption\na/1.png\tone\n2.png\tzwei \u{1F600}\tsmile\r\n\n",
        "\u{FEFF}2.png\t\n./3.jpg\tx\n",
        "",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Makes the checksum and length at the end right for whatever the data expands to.
pub fn mend_gzip(bytes: &mut Vec<u8>) {
    // The header that the encoder writes, without a name.
    const HEADER: usize = 10;
    let Some(data) = bytes.get(HEADER..) else { return };
    let mut decoder = DeflateDecoder::new(data);
    let mut plain = Vec::new();
    if decoder.by_ref().take(1 << 20).read_to_end(&mut plain).is_err() {
        return;
    }
    bytes.truncate(HEADER + decoder.total_in() as usize);
    let mut crc = Crc::new();
    crc.update(&plain);
    bytes.extend(crc.sum().to_le_bytes());
    bytes.extend((plain.len() as u32).to_le_bytes());
}

/// An image in each of these kinds of pixels, encoded.
fn images(format: ImageFormat, kinds: &[ColorType]) -> Vec<Vec<u8>> {
    let image =
        RgbaImage::from_fn(10, 7, |x, y| Rgba([x * y, 20 * x, 30 * y, 255 - x].map(|value| value as u8)));
    let image = DynamicImage::from(image);
    let encode = |&kind: &ColorType| {
        let image: DynamicImage = match kind {
            L8 => image.to_luma8().into(),
            La8 => image.to_luma_alpha8().into(),
            Rgb8 => image.to_rgb8().into(),
            Rgb16 => image.to_rgb16().into(),
            _ => image.clone(),
        };
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    kinds.iter().map(encode).collect()
}

/// A chunk of a PNG file.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()].concat()
}

/// A PNG file of 8×8 pixels with these rows, its chunks before them given too.
fn png_file(depth: u8, color: u8, interlaced: bool, before: &[Vec<u8>], rows: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(rows).unwrap();
    let header = [0, 0, 0, 8, 0, 0, 0, 8, depth, color, 0, 0, u8::from(interlaced)];
    let chunks = [
        chunk(b"IHDR", &header),
        before.concat(),
        chunk(b"IDAT", &encoder.finish().unwrap()),
        chunk(b"IEND", &[]),
    ];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

pub fn png() -> Vec<Vec<u8>> {
    let mut files = images(ImageFormat::Png, &[L8, La8, Rgb8, Rgba8, Rgb16]);
    // Every row begins with the number of its filter, here all of them in turn.
    let rows = |count: usize, len: usize| -> Vec<u8> {
        (0..count)
            .flat_map(|row| {
                std::iter::once((row % 5) as u8).chain((0..len).map(move |at| (37 * at + row) as u8))
            })
            .collect()
    };
    let palette = chunk(b"PLTE", &(0..48).collect::<Vec<u8>>());
    let mut profile = b"name\0\0".to_vec();
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(&[7; 200]).unwrap();
    profile.extend(encoder.finish().unwrap());
    let exif = chunk(b"eXIf", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    let extras = [chunk(b"iCCP", &profile), exif, chunk(b"tEXt", b"Title\0x")];
    files.push(png_file(4, 3, false, &[palette, chunk(b"tRNS", &[0, 99, 255])], &rows(8, 4)));
    files.push(png_file(1, 0, false, &extras, &rows(8, 1)));
    files.push(png_file(16, 6, false, &[], &rows(8, 64)));
    // The seven passes of Adam7 over 8×8: rows and columns of each.
    let passes = [(1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8)];
    let rows: Vec<u8> = passes.iter().flat_map(|&(count, len)| rows(count, len)).collect();
    files.push(png_file(8, 0, true, &[], &rows));
    files
}

/// Makes the checksums of all chunks right.
#[expect(clippy::ptr_arg, reason = "all of these functions have one type")]
pub fn mend_png(bytes: &mut Vec<u8>) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let Some(data) = bytes.get(at + 4..at.saturating_add(8).saturating_add(length)) else { return };
        let mut crc = Crc::new();
        crc.update(data);
        let sum = crc.sum().to_be_bytes();
        at += 8 + length;
        bytes.iter_mut().skip(at).zip(sum).for_each(|(byte, sum)| *byte = sum);
        at += 4;
    }
}

pub fn jpeg() -> Vec<Vec<u8>> {
    let mut files = images(ImageFormat::Jpeg, &[L8, Rgb8]);
    let mut oriented = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut oriented, 60);
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    encoder.write_image(&[90; 3 * 70], 10, 7, image::ExtendedColorType::Rgb8).unwrap();
    files.push(oriented);
    files.push(include_bytes!("progressive.jpg").to_vec());
    files.push(include_bytes!("restarts.jpg").to_vec());
    files.push(include_bytes!("../files/cmyk.jpg").to_vec());
    files
}

/// Puts back the marker that ends the image.
pub fn mend_jpeg(bytes: &mut Vec<u8>) {
    bytes.extend([0xFF, 0xD9]);
}

pub fn bmp() -> Vec<Vec<u8>> {
    let mut files = images(ImageFormat::Bmp, &[L8, Rgb8, Rgba8]);
    // 4×2 pixels with a palette of two colours: bits a pixel, compression, rows from the bottom.
    let small = |bits: u8, compression: u8, rows: &[u8]| {
        let start = [&b"BM"[..], &(62 + rows.len() as u32).to_le_bytes(), &[0; 4], &[62, 0, 0, 0]].concat();
        let header =
            [[40, 0, 0, 0], [4, 0, 0, 0], [2, 0, 0, 0], [1, 0, bits, 0], [compression, 0, 0, 0]].concat();
        let header = [&header[..], &[0; 12], &[2, 0, 0, 0], &[0; 4]].concat();
        [&start[..], &header, &[0, 0, 255, 0, 0, 255, 0, 0], rows].concat()
    };
    files.push(small(1, 0, &[0x50, 0, 0, 0, 0xA0, 0, 0, 0]));
    files.push(small(4, 0, &[0x01, 0x10, 0, 0, 0x11, 0x00, 0, 0]));
    // Runs: three of colour 1, one of 0, end of line; then four as they are; end.
    files.push(small(8, 1, &[3, 1, 1, 0, 0, 0, 0, 4, 0, 1, 1, 0, 0, 1]));
    files.push(small(4, 2, &[4, 0x01, 0, 0, 0, 4, 0x10, 0x10, 0, 1]));
    files
}

pub fn gif() -> Vec<Vec<u8>> {
    images(ImageFormat::Gif, &[Rgb8, Rgba8])
}

pub fn tiff() -> Vec<Vec<u8>> {
    images(ImageFormat::Tiff, &[L8, Rgb8, Rgba8, Rgb16])
}

pub fn webp() -> Vec<Vec<u8>> {
    images(ImageFormat::WebP, &[Rgb8, Rgba8])
}

/// A file of one name and these bytes in a zip archive, stored and deflated.
fn zipped(name: &str, bytes: &[u8]) -> Vec<Vec<u8>> {
    let pack = |method| {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().into_inner()
    };
    [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated].map(pack).to_vec()
}

pub fn zip() -> Vec<Vec<u8>> {
    zipped("a/1.png", &images(ImageFormat::Png, &[Rgb8])[0])
}

pub fn tar() -> Vec<Vec<u8>> {
    let image = images(ImageFormat::Bmp, &[Rgb8]).remove(0);
    let mut builder = tar::Builder::new(Vec::new());
    for name in [
        "cat/1.bmp",
        "a folder whose name is longer than the hundred bytes that a header has room for, which \
                  takes an entry of its own/2.bmp",
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(image.len() as u64);
        builder.append_data(&mut header, name, &image[..]).unwrap();
    }
    vec![builder.into_inner().unwrap()]
}

pub fn npy() -> Vec<Vec<u8>> {
    let array = |descr: &str, shape: &str, len: usize| {
        let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let start = [&b"\x93NUMPY\x01\0"[..], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat();
        [start, vec![0; len]].concat()
    };
    vec![array("|u1", "(2, 3, 5)", 30), array("<f4", "(3, 2)", 24), array("|b1", "(1, 2, 3, 4)", 24)]
}

pub fn npz() -> Vec<Vec<u8>> {
    zipped("x.npy", &npy()[0])
}
