//! Writes a contact sheet of the built-in scenes as a PNG, each with its mask beside it, and prints their
//! captions in the order of the pictures. The side is 32 if none is given, and the seed 1.
//!
//! ```text
//! cargo run --release -p kiln-data --example scene_sheet -- sheet.png
//! cargo run --release -p kiln-data --example scene_sheet -- sheet.png 64 7
//! ```

use std::error::Error;

use image::{Rgb, RgbImage};
use kiln_data::scenes::{self, CLASSES};
use kiln_tensor::random::Key;

const COLUMNS: usize = 8;
const ROWS: usize = 8;
/// Width and height of a picture on the sheet, about.
const SHOWN: usize = 96;
const MARGIN: usize = 4;
/// How a mask is shown: the background, then each class.
const MASK: [[u8; 3]; CLASSES + 1] = [
    [20, 20, 20],
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
    [200, 200, 200],
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name the PNG to write")?;
    let side: usize = arguments.next().map_or(Ok(32), |side| side.parse())?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;

    let clock = std::time::Instant::now();
    let parts = scenes::parts(seed, side);
    println!("{} scenes of {side}×{side} in {:.2?}", parts.train.len() + scenes::TEST, clock.elapsed());

    sheet(seed, side).save(&path)?;
    println!("wrote {path}");
    Ok(())
}

/// The first scenes of `seed`, each beside its mask.
fn sheet(seed: u64, side: usize) -> RgbImage {
    let key = Key::new(seed).purpose("scenes");
    let scale = SHOWN.div_ceil(side);
    let pitch = [2 * scale * side + 2 * MARGIN, scale * side + MARGIN];
    let size = [COLUMNS * pitch[0] + MARGIN, ROWS * pitch[1] + MARGIN].map(|size| size as u32);
    let mut sheet = RgbImage::from_pixel(size[0], size[1], Rgb([60; 3]));
    for index in 0..COLUMNS * ROWS {
        let drawn = scenes::scene(key, index as u32, side);
        println!("{index:3} {}", drawn.caption);
        let corner = [MARGIN + index % COLUMNS * pitch[0], MARGIN + index / COLUMNS * pitch[1]];
        for at in 0..scale * side * scale * side {
            let (x, y) = (at % (scale * side), at / (scale * side));
            let pixel = y / scale * side + x / scale;
            let rgb = [0, 1, 2].map(|channel| drawn.pixels[channel * side * side + pixel]);
            let [left, top] = [corner[0] + x, corner[1] + y].map(|v| v as u32);
            sheet.put_pixel(left, top, Rgb(rgb));
            sheet.put_pixel(left + (scale * side) as u32, top, Rgb(MASK[usize::from(drawn.mask[pixel])]));
        }
    }
    sheet
}
