//! Writes a contact sheet of digits, one row a digit, as a PNG: of the built-in glyphs, or of any
//! data spec with labels 0 to 9, to compare them.
//!
//! ```text
//! cargo run --release -p kiln-data --example glyph_sheet -- sheet.png
//! cargo run --release -p kiln-data --example glyph_sheet -- sheet.png mnist:DIR
//! ```

use std::error::Error;

use kiln_data::{DataSpec, Dataset, LoadOptions};

const COLUMNS: usize = 20;
const SCALE: usize = 2;
const MARGIN: usize = 1;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name the PNG to write")?;
    let spec: DataSpec = arguments.next().unwrap_or_else(|| "builtin:glyphs".into()).parse()?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;

    let clock = std::time::Instant::now();
    let set = spec.open(&LoadOptions { seed, ..LoadOptions::default() })?.train;
    println!("{}: {} images in {:.2?}", set.name(), set.len(), clock.elapsed());
    let images = set.images()?;
    let unit = images.iter().map(|&byte| f64::from(byte) / 255.0);
    let mean = unit.clone().sum::<f64>() / unit.len() as f64;
    let square = unit.map(|x| x * x).sum::<f64>() / images.len() as f64;
    println!("mean {mean:.4}, standard deviation {:.4}", (square - mean * mean).sqrt());

    sheet(&set)?.save(&path)?;
    println!("wrote {path}");
    Ok(())
}

/// The first images of each class, a row a class.
fn sheet(set: &Dataset) -> Result<image::GrayImage, Box<dyn Error>> {
    let labels = set.labels().ok_or("the data set has no labels to sort its images by")?;
    let [_, height, width] = set.shape();
    let (pitch_y, pitch_x) = (SCALE * height + MARGIN, SCALE * width + MARGIN);
    let mut sheet = image::GrayImage::from_pixel(
        (COLUMNS * pitch_x) as u32,
        (set.classes() * pitch_y) as u32,
        image::Luma([60]),
    );
    for class in 0..set.classes() {
        let of_class = (0..set.len()).filter(|&index| labels[index] as usize == class);
        for (column, index) in of_class.take(COLUMNS).enumerate() {
            let image = set.image(index)?;
            for y in 0..SCALE * height {
                for x in 0..SCALE * width {
                    let pixel = image[y / SCALE * width + x / SCALE];
                    let at = ((column * pitch_x + x) as u32, (class * pitch_y + y) as u32);
                    sheet.put_pixel(at.0, at.1, image::Luma([pixel]));
                }
            }
        }
    }
    Ok(sheet)
}
