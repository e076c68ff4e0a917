//! What a training shows of itself.

use super::training::VariationalTraining;
use kiln_grad::{Error, Tensor};
use kiln_nn::{Batch, Density, Encoder, Exhibit, Generator, Images, PixelRange};
use kiln_tensor::random::Key;

/// Number of images a row shows, where the model is told no classes.
const COLUMNS: usize = 8;
/// Number of rows of samples.
const ROWS: usize = 4;
/// Number of latents that are walked along.
const WALKS: usize = 6;
/// How far a walk goes to each side of the mean of the prior, in its deviations.
const FAR: f64 = 2.5;

/// Two rows of examples, each over its reconstructions; samples of the prior; and walks along the latents that say most, the
/// rest of the code that of the first example, or of two latents the plane.
pub fn exhibit(model: &mut VariationalTraining, examples: &Batch, key: Key) -> Result<Exhibit, Error> {
    let columns = match Generator::classes(model) {
        // Images of one class below each other.
        known @ 2..=12 => known,
        _ => COLUMNS,
    };
    let count = examples.len().min(2 * COLUMNS);
    let shown = Images::new(examples.images().unit().narrow(0, 0, count), PixelRange::Unit);
    let classes = model.classes_of(examples).map(|classes| classes.narrow(0, 0, count));
    let codes = model.encode(&shown, classes.as_ref())?;
    let rebuilt = model.decode(&codes, classes.as_ref())?;
    let samples = Exhibit::grid(&model.draw(ROWS * columns, key, None)?, columns, "");
    let class = classes.as_ref().map(|classes| classes.narrow(0, 0, 1));
    let (walked, what) = if model.code() == 2 {
        (plane(model, class.as_ref())?, "the plane of the latents")
    } else {
        let walked = walks(model, examples, &codes.narrow(0, 0, 1), class.as_ref(), key)?;
        (walked, "walks along the latents that say most")
    };
    let caption = format!("examples above their reconstructions, samples of the prior, and {what}");
    let mut exhibit = Exhibit::pairs(&shown, &rebuilt, COLUMNS, caption).and(samples).and(walked);
    let weight = model.rules().kl_weight;
    if weight != 1.0 {
        exhibit.lines.push(weights(
            weight,
            model.code(),
            examples.images().unit().dims()[1..].iter().product(),
        ));
    }
    Ok(exhibit)
}

/// β as it is in the loss, where values and latents are summed over, and normalised by the sizes of codes and images (Higgins
/// et al., 2017).
fn weights(beta: f64, code: usize, values: usize) -> String {
    let normalised = beta * code as f64 / values as f64;
    format!("β = {beta}; {normalised:.4} normalised by the sizes of codes, {code}, and images, {values}")
}

/// Images of codes, all of one class.
fn images(
    model: &mut VariationalTraining,
    codes: &[f64],
    count: usize,
    class: Option<&Tensor>,
) -> Result<Images, Error> {
    let options = Generator::options(model).clone();
    let codes = Tensor::from_f64(codes, [count, codes.len() / count], options.dtype, &options.device);
    let classes = class.map(|class| class.broadcast_to([count]));
    model.decode(&codes, classes.as_ref())
}

fn walks(
    model: &mut VariationalTraining,
    examples: &Batch,
    first: &Tensor,
    class: Option<&Tensor>,
    key: Key,
) -> Result<Exhibit, Error> {
    let classes = model.classes_of(examples);
    let kl = model.latents(examples.images(), classes.as_ref(), key.purpose("walks"))?.kl;
    let first = first.to_f64_vec()?;
    let (mut codes, mut rows) = (Vec::new(), 0);
    for latent in by_size(&kl.mean(0).to_f64_vec()?).into_iter().take(WALKS) {
        for column in 0..COLUMNS {
            let mut code = first.clone();
            code[latent] = FAR * (2.0 * column as f64 / (COLUMNS - 1) as f64 - 1.0);
            codes.extend(code);
        }
        rows += 1;
    }
    Ok(Exhibit::grid(&images(model, &codes, rows * COLUMNS, class)?, COLUMNS, ""))
}

fn plane(model: &mut VariationalTraining, class: Option<&Tensor>) -> Result<Exhibit, Error> {
    let place = |at: usize| FAR * (2.0 * at as f64 / (COLUMNS - 1) as f64 - 1.0);
    let codes: Vec<f64> =
        (0..COLUMNS * COLUMNS).flat_map(|at| [place(at % COLUMNS), -place(at / COLUMNS)]).collect();
    Ok(Exhibit::grid(&images(model, &codes, COLUMNS * COLUMNS, class)?, COLUMNS, ""))
}

/// Numbers of the elements, that of the largest first.
fn by_size(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_said_with_and_without_the_sizes() {
        let text = weights(4.0, 10, 4096);
        assert_eq!(text, "β = 4; 0.0098 normalised by the sizes of codes, 10, and images, 4096");
    }

    #[test]
    fn the_largest_comes_first() {
        assert_eq!(by_size(&[0.5, 3.0, -1.0, 2.0]), [1, 3, 0, 2]);
    }
}
