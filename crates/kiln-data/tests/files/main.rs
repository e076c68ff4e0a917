//! Image files in folders, from the files to the data sets.

mod archive;
mod broken;
mod errors;
mod folder;
mod found;
mod jpeg;
mod pairs;
mod picture;
mod streaming;

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Luma, Rgb};
use kiln_data::{Dataset, LoadOptions, Parts};
use tempfile::TempDir;

/// A folder that is removed with the value.
fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The bytes of an image file.
fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn rgb(width: u32, height: u32, value: impl Fn(u32, u32) -> [u8; 3]) -> DynamicImage {
    image::RgbImage::from_fn(width, height, |x, y| Rgb(value(x, y))).into()
}

fn grey(width: u32, height: u32, value: u8) -> DynamicImage {
    image::GrayImage::from_pixel(width, height, Luma([value])).into()
}

/// Writes a file, with the folders it lies in.
fn write(folder: &Path, file: &str, bytes: &[u8]) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Writes a PNG of one pixel, red for the value and otherwise black.
fn red(folder: &Path, file: &str, value: u8) {
    write(folder, file, &encoded(&rgb(1, 1, |_, _| [value, 0, 0]), ImageFormat::Png));
}

/// Options for images of one size.
fn sized(size: usize) -> LoadOptions {
    LoadOptions { size: Some(size), ..LoadOptions::default() }
}

/// The first byte of every image.
fn firsts(set: &Dataset) -> Vec<u8> {
    (0..set.len()).map(|at| set.image(at).unwrap()[0]).collect()
}

/// Opens `spec`, in which `{}` stands for the folder.
fn open(spec: &str, folder: &Path, options: &LoadOptions) -> Result<Parts, String> {
    let spec = spec.replace("{}", folder.to_str().unwrap());
    spec.parse::<kiln_data::DataSpec>().unwrap().open(options).map_err(|error| error.to_string())
}

/// The real files that `KILN_DATA_DIR` names.
fn real(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("KILN_DATA_DIR");
    if folder.is_none() {
        skipped_tests::skip(format_args!(
            "set KILN_DATA_DIR to a folder that holds {name}/ to read the real files"
        ));
    }
    folder.map(|folder| Path::new(&folder).join(name))
}
