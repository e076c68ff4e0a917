//! The smallest network that learns something a line can't: exclusive or.
//!
//! ```text
//! cargo run --release --example xor
//! ```

use kiln::grad::Tensor;
use kiln::nn::layers::{Activation, Linear, Sequential};
use kiln::nn::loss::{Reduction, bce_with_logits};
use kiln::nn::optim::{Adam, Optimizer};
use kiln::nn::{Ctx, Module, TensorOptions, named_parameters};
use kiln::tensor::random::Key;

fn main() -> Result<(), kiln::grad::Error> {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let inputs = Tensor::from([[0.0_f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let targets = Tensor::from([[0.0_f32], [1.0], [1.0], [0.0]]);

    let mut net = Sequential::new()
        .add(Linear::new(2, 8, key.purpose("hidden"), &options))
        .add(Activation::Tanh)
        .add(Linear::new(8, 1, key.purpose("output"), &options));
    let mut adam = Adam::new(named_parameters(&mut net), 0.05);

    for step in 0..=200 {
        let logits = net.forward(&inputs, &mut Ctx::train(key.step(step)));
        let loss = bce_with_logits(&logits, &targets, Reduction::Mean);
        if step % 50 == 0 {
            println!("step {step:3}  loss {:.4}", loss.item()?);
        }
        adam.minimize(loss);
    }

    let answers = net.forward(&inputs, &mut Ctx::eval()).sigmoid().to_vec::<f32>()?;
    for (input, answer) in ["0 xor 0", "0 xor 1", "1 xor 0", "1 xor 1"].iter().zip(answers) {
        println!("{input} = {answer:.3}");
    }
    Ok(())
}
