//! The modulated convolution of StyleGAN2.

use super::equalised::EqualisedLinear;
use kiln_grad::Tensor;
use kiln_grad::ops::Conv;
use kiln_nn::{Ctx, Param, StateVisitor, Stateful, TensorOptions, init};
use kiln_tensor::random::Key;

/// A convolution whose input channels are scaled by each sample's style (Karras et al., 2020), `w′ = s·w`, and, unless it
/// makes colours, whose output channels are then divided by what the scales did to their deviation,
/// `w″ = w′/√(Σ w′² + 1e-8)`: demodulation. Both are done to the maps instead of the weights, which is the same.
pub struct ModulatedConv2d {
    weight: Param,
    style: EqualisedLinear,
    demodulates: bool,
    padding: usize,
}

impl ModulatedConv2d {
    /// A layer of odd `kernel` for styles of so many numbers; scales start around 1.
    pub fn new(
        inputs: usize,
        outputs: usize,
        kernel: usize,
        style: usize,
        demodulates: bool,
        key: Key,
        options: &TensorOptions,
    ) -> Self {
        ModulatedConv2d {
            weight: Param::new(init::normal(key, [outputs, inputs, kernel, kernel], 0.0, 1.0, options)),
            style: EqualisedLinear::new(style, inputs, 1.0, 1.0, key.purpose("style"), options),
            demodulates,
            padding: kernel / 2,
        }
    }

    /// Maps `[n, outputs, h, w]` of maps `[n, inputs, h, w]` and styles `[n, style]`.
    pub fn forward(&self, x: &Tensor, styles: &Tensor, cx: &mut Ctx) -> Tensor {
        let (fan_in, _) = init::fans(&self.weight.dims());
        let weight = self.weight.tensor() * (1.0 / (fan_in as f64).sqrt());
        let scales = cx.part("style", &self.style, styles);
        let y = (x * scales.unsqueeze([2, 3])).conv2d(&weight, Conv::default().padding(self.padding));
        if !self.demodulates {
            return y;
        }
        // Σ over inputs and window of (s·w)², by each sample and output.
        let squares = scales.square().matmul(&weight.square().sum([2, 3]).transpose(0, 1));
        y * (squares + 1e-8).rsqrt().unsqueeze([2, 3])
    }
}

impl Stateful for ModulatedConv2d {
    fn visit(&mut self, v: &mut StateVisitor) {
        v.param("weight", &self.weight);
        v.part("style", &mut self.style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kiln_grad::grad;
    use kiln_nn::Module;

    /// PyTorch 2.15 by the code of the paper: weights of their own for each sample, in a grouped convolution.
    #[test]
    fn values_and_gradients_are_pytorchs() {
        let options = TensorOptions::cpu_f64();
        let fill = |dims: &[usize], salt: usize| {
            let numel = dims.iter().product::<usize>();
            let values: Vec<f64> =
                (0..numel).map(|i| ((i * 7 + salt * 3) % 11) as f64 / 4.0 - 1.25).collect();
            Tensor::from_slice(&values, dims, &options.device)
        };
        let mut layer = ModulatedConv2d::new(3, 2, 3, 4, true, Key::new(1), &options);
        let params = kiln_nn::named_parameters(&mut layer);
        assert_eq!(
            params.iter().map(|(name, _)| &**name).collect::<Vec<_>>(),
            ["weight", "style.weight", "style.bias"]
        );
        params[0].1.set(fill(&[2, 3, 3, 3], 3).into_array());
        params[1].1.set(fill(&[3, 4], 4).into_array());
        let (x, styles) = (fill(&[2, 3, 4, 4], 1).tracked(), fill(&[2, 4], 2).tracked());
        let y = layer.forward(&x, &styles, &mut Ctx::eval());
        let close = |what: &str, have: &Tensor, want: &[f64]| {
            let have = have.to_f64_vec().unwrap();
            assert!(
                have.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-10),
                "{what}: {have:?}, not {want:?}"
            );
        };
        close(
            "the first map",
            &y.select_at(0, 0).select_at(0, 0),
            &[
                0.2022530989531331,
                0.30553127714196704,
                0.5155302394592626,
                -0.7104678007906866,
                -0.2853059672466537,
                1.1154043244394063,
                -0.26680196032115433,
                -0.4475387721516138,
                0.991900836355259,
                0.1592205247077857,
                -0.15319596431343713,
                0.017213029698138982,
                0.3666375325703604,
                0.46690343056202,
                -1.0732324016789658,
                0.6239723265575383,
            ],
        );
        let loss = (&y * fill(&[2, 2, 4, 4], 5)).sum(..);
        close("the sum", &loss, &[-0.05611819695801601]);
        let [weight, style] = [0, 1].map(|i: usize| params[i].1.tensor());
        let grads = grad(loss, &[&weight, &style, &styles]);
        close(
            "weight",
            &grads[0],
            &[
                0.4724529808288271,
                -1.5613013274397147,
                0.7371604679803077,
                -1.352810971591165,
                2.2839254493173122,
                -0.4071935300760172,
                1.5708602312450892,
                -1.1497766059548415,
                -0.7424882282502923,
                2.1013614356058667,
                -1.3549161306666508,
                0.6558538859345501,
                -1.889161920264999,
                1.5751349970145456,
                -1.1605560147518332,
                2.281319981399093,
                -0.8352805190743312,
                -0.23763211491571817,
                0.3009907703669882,
                0.69878868836534,
                -0.9749296757044932,
                -0.5507703156146745,
                -1.8298893569945422,
                1.3625271082228192,
                -0.0358509064514129,
                2.0267717079470273,
                -0.7357479896068427,
                -0.2511107663398025,
                -0.7579444390642285,
                1.8281673373048053,
                -0.5836190871965719,
                1.5612055175760318,
                -1.5355398673554566,
                0.35295963811047076,
                -1.2519928410911805,
                1.2187213161818595,
                0.5549629815044921,
                -1.3403355242666286,
                1.2068244032254387,
                -0.9338511602458307,
                2.145814009418563,
                -0.7196646438366756,
                1.0813516493421014,
                -2.05006980859455,
                1.5433731773506425,
                0.8564283617101134,
                -0.7772625403339768,
                -0.6171716985618019,
                -1.1696210893499277,
                -0.15731833911096554,
                0.9919524597827809,
                0.5652129871865713,
                0.08460254381182129,
                -0.9787556426446411,
            ],
        );
        close(
            "style.weight",
            &grads[1],
            &[
                0.7002505442506194,
                -0.9508831195816945,
                0.8845546550522047,
                0.638815840650091,
                0.2768129396704337,
                -0.26564752140860176,
                0.16593292934390258,
                0.3137729431126107,
                -0.8425253229662139,
                1.2123467910176766,
                -1.1780526620632472,
                -0.730682876600536,
            ],
        );
        close(
            "styles",
            &grads[2],
            &[
                0.06873474849585881,
                -0.5159116419121904,
                -0.06022494582882107,
                0.11172131327075219,
                -0.052866230685293114,
                0.3267659741354185,
                -0.18600977498259252,
                -0.008485049252859977,
            ],
        );
    }

    /// The paper's form, with weights of their own for each sample, against the one with scaled maps; values and gradients.
    #[test]
    fn scaled_maps_are_scaled_weights() {
        let options = TensorOptions::cpu_f64();
        let normal = |purpose: &str, dims: &[usize]| {
            Tensor::normal(Key::new(3).purpose(purpose), dims, options.dtype, &options.device)
        };
        let layer = ModulatedConv2d::new(3, 4, 3, 5, true, Key::new(1), &options);
        let (x, styles) = (normal("x", &[2, 3, 6, 6]), normal("styles", &[2, 5]).tracked());
        let cotangent = normal("cotangent", &[2, 4, 6, 6]);
        let loss = |y: &Tensor| (y * &cotangent).sum(..);
        let have = layer.forward(&x, &styles, &mut Ctx::eval());
        let scales = layer.style.forward(&styles, &mut Ctx::eval());
        let weight = layer.weight.tensor() * (1.0 / 27f64.sqrt());
        let each: Vec<Tensor> = (0..2)
            .map(|i| {
                let scaled = &weight * scales.narrow(0, i, 1).reshape([1, 3, 1, 1]);
                let norm = (scaled.square().sum_keepdim([1, 2, 3]) + 1e-8).sqrt();
                x.narrow(0, i, 1).conv2d(&(scaled / norm), Conv::default().padding(1))
            })
            .collect();
        let want = Tensor::concat(&each.iter().collect::<Vec<_>>(), 0);
        let wanted = [&layer.weight.tensor(), &styles];
        let [have_grads, want_grads] = [&have, &want].map(|y| grad(loss(y), &wanted));
        for (have, want) in std::iter::once((&have, &want)).chain(have_grads.iter().zip(&want_grads)) {
            let (have, want) = (have.to_f64_vec().unwrap(), want.to_f64_vec().unwrap());
            assert!(have.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-10), "{have:?} {want:?}");
        }
        // Demodulated maps of white noise have a deviation of about 1, whatever the styles are.
        let deviation = |factor: f64| {
            let y = layer.forward(&x, &(styles.detach() * factor), &mut Ctx::eval());
            y.square().mean(..).sqrt().item().unwrap()
        };
        assert!((0.5..1.5).contains(&deviation(1.0)) && (0.5..1.5).contains(&deviation(100.0)));
    }
}
