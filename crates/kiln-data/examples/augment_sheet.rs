//! Writes a contact sheet of augmented scenes as a PNG: each row begins with a scene as it is, and under
//! each picture is its mask, which must have moved with it. The augmentation is
//! `flip,crop=4,affine,colour` if none is given.
//!
//! ```text
//! cargo run --release -p kiln-data --example augment_sheet -- sheet.png
//! cargo run --release -p kiln-data --example augment_sheet -- sheet.png affine=45:0.2:0.5-1.5:zero
//! ```

use std::error::Error;

use image::{Rgb, RgbImage};
use kiln_data::{Augment, Companion, scenes};
use kiln_tensor::random::Key;

const SIDE: usize = 32;
const SCALE: usize = 3;
const COLUMNS: usize = 16;
const ROWS: usize = 5;
const MARGIN: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name the PNG to write")?;
    let augment: Augment =
        arguments.next().unwrap_or_else(|| "flip,crop=4,affine,colour".to_owned()).parse()?;
    sheet(&augment).save(&path)?;

    let mut image = vec![0.5; 3 * SIDE * SIDE];
    let clock = std::time::Instant::now();
    for sample in 0..1_000 {
        augment.apply(&mut image, [3, SIDE, SIDE], Augment::key(1, 0), sample);
    }
    println!("{augment}: {:.1?} an image of 3×{SIDE}×{SIDE}, wrote {path}", clock.elapsed() / 1_000);
    Ok(())
}

fn sheet(augment: &Augment) -> RgbImage {
    let pitch = [SCALE * SIDE + MARGIN, 2 * SCALE * SIDE + 2 * MARGIN];
    let size = [COLUMNS * pitch[0] + MARGIN, ROWS * pitch[1] + MARGIN].map(|size| size as u32);
    let mut sheet = RgbImage::from_pixel(size[0], size[1], Rgb([60; 3]));
    for row in 0..ROWS {
        let scene = scenes::scene(Key::new(1).purpose("scenes"), row as u32, SIDE);
        for column in 0..COLUMNS {
            let mut pixels: Vec<f32> = scene.pixels.iter().map(|&byte| f32::from(byte) / 255.0).collect();
            let mut mask = scene.mask.clone();
            if column > 0 {
                // One column an epoch.
                let key = Augment::key(1, column as u64);
                let companions = &mut [Companion::Mask(&mut mask)];
                augment.apply_with(&mut pixels, companions, [3, SIDE, SIDE], key, row as u32);
            }
            let corner = [MARGIN + column * pitch[0], MARGIN + row * pitch[1]];
            for at in 0..SCALE * SIDE * SCALE * SIDE {
                let (x, y) = (at % (SCALE * SIDE), at / (SCALE * SIDE));
                let pixel = y / SCALE * SIDE + x / SCALE;
                let rgb = [0, 1, 2].map(|c| (pixels[c * SIDE * SIDE + pixel] * 255.0 + 0.5) as u8);
                let level = if mask[pixel] == 0 { 0 } else { 55 + 25 * mask[pixel] };
                let [left, top] = [corner[0] + x, corner[1] + y].map(|v| v as u32);
                sheet.put_pixel(left, top, Rgb(rgb));
                sheet.put_pixel(left, top + (SCALE * SIDE) as u32, Rgb([level; 3]));
            }
        }
    }
    sheet
}
