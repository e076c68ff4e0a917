//! Exported models, run by onnxruntime, give what kiln gives, for batches of other sizes than traced.
//!
//! `KILN_PYTHON` names a Python with `onnx`, `onnxruntime` and `numpy`; where there is none, this says so and
//! checks nothing.

use kiln_grad::ops::Conv;
use kiln_grad::{DType, Device, Tensor, Window, no_grad};
use kiln_models::nets::conv_autoencoder::ConvAutoencoder;
use kiln_models::nets::mlp_autoencoder::MlpAutoencoder;
use kiln_models::nets::{Autoencoder, AutoencoderForm, dcgan};
use kiln_nn::layers::{Activation, BatchNorm, Conv2d, Embedding, GroupNorm, InstanceNorm, LayerNorm};
use kiln_nn::{Ctx, Module, StateValue, Stateful, TensorOptions, save};
use kiln_onnx::{Elements, NetworkInput, Signature, export};
use kiln_tensor::random::Key;
use kiln_tensor::{Array, Pair};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// The sizes of the batches that the files are run with; they are traced with others.
const BATCHES: [usize; 2] = [1, 4];

/// Files in a folder, with what they should compute.
struct Cases {
    folder: tempfile::TempDir,
    count: usize,
}

impl Cases {
    fn new() -> Self {
        Cases { folder: tempfile::tempdir().unwrap(), count: 0 }
    }

    /// A function of `x`, with samples of these dims.
    fn add<const N: usize>(&mut self, name: &str, dims: [usize; N], f: impl Fn(&Tensor) -> Tensor) {
        self.add_all(name, &[NetworkInput::floats("x", dims)], &[], |x| f(&x[0]));
    }

    fn add_all(
        &mut self,
        name: &str,
        inputs: &[NetworkInput],
        params: &[(String, Array)],
        f: impl Fn(&[Tensor]) -> Tensor,
    ) {
        let name = format!("{:02}-{name}", self.count);
        self.count += 1;
        let device = Device::cpu();
        let signature = Signature::new(&name, inputs, "y", &device);
        let file = export(&signature, params, &f).unwrap_or_else(|error| panic!("{name}: {error}"));
        std::fs::write(self.folder.path().join(format!("{name}.onnx")), file).unwrap();
        for (number, batch) in BATCHES.into_iter().enumerate() {
            let key = Key::new(7).purpose(&name).step(batch as u32);
            let tensors: Vec<Tensor> = inputs.iter().map(|input| sample(input, batch, key)).collect();
            let named = inputs.iter().zip(&tensors);
            let call = json!({
                "inputs": named.map(|(input, x)| (input.name.to_string(), array(x))).collect::<serde_json::Map<_, _>>(),
                "output": array(&no_grad(|| f(&tensors))),
            });
            std::fs::write(self.folder.path().join(format!("{name}.{number}.json")), call.to_string())
                .unwrap();
        }
    }

    /// The largest difference of any call, or `None` where onnxruntime is missing.
    fn run(&self) -> Option<f64> {
        let python = std::env::var("KILN_PYTHON").unwrap_or_else(|_| "python3".to_string());
        let probe = Command::new(&python).args(["-c", "import numpy, onnx, onnxruntime"]).output();
        if !probe.is_ok_and(|probe| probe.status.success()) {
            skipped_tests::skip(format_args!("{python} has no onnxruntime; set KILN_PYTHON to one that has"));
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evaluate.py");
        let output = Command::new(&python).arg(script).arg(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let differences =
            text.lines().map(|line| line.split(' ').next_back().unwrap().parse::<f64>().unwrap());
        assert_eq!(differences.clone().count(), BATCHES.len() * self.count, "{text}");
        assert!(differences.clone().all(|d| d <= 1e-5), "{text}");
        println!("{text}");
        Some(differences.fold(0.0, f64::max))
    }
}

fn sample(input: &NetworkInput, batch: usize, key: Key) -> Tensor {
    let dims: kiln_tensor::Dims = std::iter::once(batch).chain(input.dims.iter().copied()).collect();
    match input.elements {
        Elements::Numbers { count } => {
            let numbers: Vec<u32> = (0..dims.numel() as u64).map(|i| key.word(i) % count).collect();
            Tensor::from_slice(&numbers, dims, &Device::cpu())
        }
        _ => Tensor::normal(key.purpose(input.name), dims, DType::F32, &Device::cpu()),
    }
}

fn array(x: &Tensor) -> Value {
    let dtype = if x.dtype() == DType::U32 { "int64" } else { "float32" };
    let data: Vec<Value> = match x.dtype() {
        DType::U32 => x.to_vec::<u32>().unwrap().into_iter().map(Value::from).collect(),
        _ => x.to_f64_vec().unwrap().into_iter().map(Value::from).collect(),
    };
    json!({ "dtype": dtype, "dims": x.dims().to_vec(), "data": data })
}

/// Random constants, a function of their dims.
fn constant(dims: &[usize]) -> Tensor {
    Tensor::normal(Key::new(3).purpose(&format!("{dims:?}")), dims, DType::F32, &Device::cpu())
}

type NetFn = fn(&Tensor) -> Tensor;

/// The tensors of a network by name.
fn tensors(net: &mut impl Stateful) -> Vec<(String, Array)> {
    let tensor = |(name, value)| match value {
        StateValue::Tensor(array) => Some((name, array)),
        _ => None,
    };
    save(net).into_iter().filter_map(tensor).collect()
}

/// Takes the network's running statistics of a batch, so that what it makes is as large as in use.
fn warm_up(net: &impl Module, latent: usize) {
    net.forward(&constant(&[16, latent]), &mut Ctx::calibrate());
}

#[test]
fn generators_and_decoders() {
    let (key, options) = (Key::new(1), TensorOptions::default());
    let mut cases = Cases::new();
    for (size, channels) in [(28, 1), (32, 1), (64, 3)] {
        let mut net = dcgan::generator(size, channels, 20, 8, key, &options);
        warm_up(&net, 20);
        let params = tensors(&mut net);
        let f = |x: &[Tensor]| net.forward(&x[0], &mut Ctx::eval());
        cases.add_all(&format!("dcgan-{size}"), &[NetworkInput::floats("z", [20])], &params, f);
    }
    let mut conv = ConvAutoencoder::new(AutoencoderForm::new([1, 28, 28], 10), 8, 32, key, &options);
    let params = tensors(&mut conv);
    cases.add_all("vae-conv", &[NetworkInput::floats("z", [10])], &params, |x| {
        conv.decode(&x[0], &mut Ctx::eval()).sigmoid()
    });
    let mut mlp = MlpAutoencoder::new(AutoencoderForm::new([1, 28, 28], 10), 40, key, &options);
    let params = tensors(&mut mlp);
    cases.add_all("vae-mlp", &[NetworkInput::floats("z", [10])], &params, |x| {
        mlp.decode(&x[0], &mut Ctx::eval()).sigmoid()
    });
    cases.add_all("vae-mlp-encoder", &[NetworkInput::floats("image", [1, 28, 28])], &params, |x| {
        let features = mlp.encode(&x[0], &mut Ctx::eval());
        mlp.heads(&features, &mut Ctx::eval()).0
    });
    if let Some(worst) = cases.run() {
        println!("the worst relative difference of generators and decoders is {worst:.1e}");
    }
}

#[test]
fn functions_of_elements() {
    let mut cases = Cases::new();
    let unary: [(&str, NetFn); 27] = [
        ("neg", |x| -x),
        ("abs", |x| x.abs()),
        ("sign", |x| x.sign()),
        ("exp", |x| x.exp()),
        ("expm1", |x| x.expm1()),
        ("ln", |x| x.abs().ln()),
        ("ln1p", |x| x.abs().ln1p()),
        ("sqrt", |x| x.abs().sqrt()),
        ("rsqrt", |x| (x.abs() + 0.1).rsqrt()),
        ("recip", |x| (x.abs() + 0.1).recip()),
        ("square", |x| x.square()),
        ("sin", |x| x.sin()),
        ("cos", |x| x.cos()),
        ("tanh", |x| x.tanh()),
        ("erf", |x| x.erf()),
        ("floor", |x| (x * 3.0).floor()),
        ("sigmoid", |x| x.sigmoid()),
        ("softplus", |x| x.softplus()),
        ("relu", |x| x.relu()),
        ("leaky_relu", |x| x.leaky_relu(0.2)),
        ("elu", |x| x.elu(0.7)),
        ("silu", |x| x.silu()),
        ("gelu", |x| x.gelu()),
        ("scalars", |x| 1.0 - (x * 2.5 + 0.5) / 3.0),
        ("pow_scalar", |x| x.abs().pow_scalar(1.7)),
        ("clamp", |x| x.clamp(-0.5, 0.8)),
        ("one_over", |x| 1.0 / (x.square() + 1.0)),
    ];
    for (name, f) in unary {
        cases.add(name, [3, 4], f);
    }
    for activation in [Activation::Gelu, Activation::Silu, Activation::Softplus] {
        cases.add("layer", [6], |x| activation.apply(x));
    }
    let c = constant(&[3, 4]);
    let column = constant(&[3, 1]);
    cases.add("add", [3, 4], |x| x + &c);
    cases.add("sub", [3, 4], |x| &c - x);
    cases.add("mul", [3, 4], |x| x * &column);
    cases.add("div", [3, 4], |x| x / (column.abs() + 1.0));
    cases.add("pow", [3, 4], |x| (x.abs() + 0.1).pow(&c));
    cases.add("maximum", [3, 4], |x| x.maximum(&c));
    cases.add("minimum", [3, 4], |x| x.minimum(&column));
    cases.add("with itself", [3, 4], |x| x * x + x);
    cases.add("broadcast both ways", [3, 1], |x| x * constant(&[4]));
    cases.add("relu mask", [3, 4], |x| x.gt(&c).select(x, &(x * 0.1)));
    cases.add("like a constant of the batch", [3, 4], |x| x.le(x.full_like(0.3)).select(&x.zeros_like(), x));
    cases.add("constant mask", [3, 4], |x| c.gt(c.zeros_like()).select(x, &column));
    cases.add("compare", [4], |x| x.ge(x.zeros_like()));
    cases.add("ne of masks", [4], |x| x.ge(x.zeros_like()).ne(x.lt(x.full_like(0.5))).to_dtype(DType::F32));
    cases.add("eq", [4], |x| x.floor().eq(x.ones_like()).to_dtype(DType::F32) * x);
    cases.add("argmax", [3, 4], |x| x.argmax(-1));
    cases.add("one_hot", [3, 4], |x| x.argmax(1).one_hot(3, DType::F32));
    if let Some(worst) = cases.run() {
        println!("the worst relative difference of functions of elements is {worst:.1e}");
    }
}

#[test]
fn sums_products_and_norms() {
    let mut cases = Cases::new();
    let weight = constant(&[5, 4]);
    let params = [("fc.weight".to_string(), weight.array().clone())];
    cases.add_all("linear", &[NetworkInput::floats("x", [4])], &params, |x| {
        x[0].matmul(&weight.transpose(0, 1)) + constant(&[5])
    });
    cases.add("matmul", [3, 4], |x| x.matmul(&constant(&[4, 5])));
    cases.add("matmul from the left", [4, 3], |x| constant(&[5, 4]).matmul(x));
    cases.add("attention", [6, 4], |x| x.matmul(&x.transpose(1, 2)).softmax(-1).matmul(x));
    cases.add("sum", [3, 4], |x| x.sum([1, 2]));
    cases.add("mean", [3, 4], |x| x.mean_keepdim(1));
    cases.add("mean over samples of each", [3, 4], |x| x - x.mean_keepdim([1, 2]));
    cases.add("var", [3, 4], |x| x.var(2, 1.0));
    cases.add("max", [3, 4], |x| x.max(2));
    cases.add("min", [3, 4], |x| x.min([1, 2]));
    cases.add("logsumexp", [3, 4], |x| x.logsumexp(2));
    cases.add("sum over the batch", [3], |x| x / x.square().sum_keepdim(0).sqrt());
    cases.add("softmax", [3, 4], |x| x.softmax(-1));
    cases.add("softmax of channels", [3, 4], |x| x.softmax(1));
    cases.add("log_softmax", [3, 4], |x| x.log_softmax(-1));
    let options = TensorOptions::default();
    let (w, c) = (constant(&[4]), constant(&[4]) * 0.5);
    let (group, layer) = (GroupNorm::new(2, 4, &options), LayerNorm::new([3, 3], &options));
    let (instance, batch) = (InstanceNorm::affine(4, &options), BatchNorm::new(4, &options));
    let eval = |layer: &dyn Module, x: &Tensor| layer.forward(x, &mut Ctx::eval());
    cases.add("group norm", [4, 3, 3], |x| eval(&group, x));
    cases.add("layer norm", [4, 3, 3], |x| eval(&layer, x));
    cases.add("instance norm", [4, 3, 3], |x| eval(&instance, x));
    cases.add("batch norm", [4, 3, 3], |x| eval(&batch, x));
    cases.add("batch norm of the batch", [4, 3, 3], |x| x.batch_norm(Some((&w, &c)), 1e-3).0);
    cases.add("batch norm and relu", [4, 3, 3], |x| {
        x.batch_norm_then(Some((&w, &c)), 1e-3, kiln_tensor::Activation::Relu).0
    });
    cases.add("instance norm and leaky relu", [4, 3, 3], |x| {
        x.instance_norm_then(Some((&w, &c)), 1e-3, kiln_tensor::Activation::LeakyRelu(0.2))
    });
    if let Some(worst) = cases.run() {
        println!("the worst relative difference of sums, products and norms is {worst:.1e}");
    }
}

#[test]
fn convolutions_and_pooling() {
    let mut cases = Cases::new();
    let c = Conv::default();
    let convs: [(&str, [usize; 3], [usize; 4], Conv); 8] = [
        ("plain", [2, 5, 6], [3, 2, 3, 3], c),
        ("stride", [2, 8, 8], [3, 2, 4, 4], c.stride(2).padding(1)),
        ("remainder", [2, 6, 5], [2, 2, 3, 2], c.stride(2)),
        ("asymmetric", [1, 5, 7], [2, 1, 2, 3], c.stride([2, 3]).padding([1, 0])),
        ("padding", [1, 4, 4], [1, 1, 3, 3], Conv { padding: [[2, 0], [0, 1]], ..c }),
        ("dilation", [1, 7, 8], [2, 1, 3, 2], c.dilation([2, 3]).padding(1)),
        ("groups", [4, 5, 5], [6, 2, 3, 3], c.groups(2)),
        ("depthwise", [3, 5, 5], [3, 1, 3, 3], c.groups(3).padding(1).stride(2)),
    ];
    for (name, x, w, options) in convs {
        cases.add(&format!("conv-{name}"), x, |x| x.conv2d(&constant(&w), options));
    }
    let transposed: [(&str, [usize; 3], [usize; 4], Conv); 9] = [
        ("plain", [3, 2, 3], [3, 2, 3, 3], c),
        ("first", [3, 1, 1], [3, 2, 4, 4], c),
        ("stride", [2, 4, 4], [2, 3, 4, 4], c.stride(2).padding(1)),
        ("asymmetric", [1, 2, 3], [1, 2, 2, 3], c.stride([3, 2]).padding([0, 1])),
        ("padding", [1, 4, 4], [1, 1, 3, 3], Conv { padding: [[2, 0], [0, 1]], ..c }),
        ("output padding", [2, 3, 3], [2, 1, 3, 3], c.stride(2).padding(1).output_padding(1)),
        ("padding both ways", [2, 3, 3], [2, 1, 3, 3], c.stride(3).padding(1).output_padding([2, 1])),
        ("dilation", [1, 3, 3], [1, 2, 2, 2], c.dilation(3).output_padding(2)),
        ("groups", [4, 3, 3], [4, 2, 3, 3], c.groups(2).stride(2)),
    ];
    for (name, y, w, options) in transposed {
        cases.add(&format!("transposed-{name}"), y, |y| y.conv_transpose2d(&constant(&w), options));
    }
    let conv = Conv2d::new(2, 3, 3, Key::new(2), &TensorOptions::default());
    cases.add("conv-bias", [2, 5, 5], |x| conv.forward(x, &mut Ctx::eval()));
    cases.add("conv1d", [2, 9], |x| x.conv1d(&constant(&[3, 2, 3]), c.stride(2).padding(1)));
    let w = |size: [usize; 2]| Window::new(size.pair()).stride(1);
    let windows = [w([2, 2]).stride(2), w([2, 3]), w([3, 3]).stride(2).padding(1), w([2, 2]).stride(3)];
    for (i, window) in windows.into_iter().enumerate() {
        cases.add(&format!("avg-pool-{i}"), [2, 7, 8], |x| x.avg_pool2d(window));
        cases.add(&format!("max-pool-{i}"), [2, 7, 8], |x| x.max_pool2d(window));
    }
    cases.add("max-pool-dilation", [2, 7, 8], |x| x.max_pool2d(w([2, 2]).dilation(2)));
    if let Some(worst) = cases.run() {
        println!("the worst relative difference of convolutions and pooling is {worst:.1e}");
    }
}

#[test]
fn views_and_images() {
    let mut cases = Cases::new();
    let image = constant(&[1, 2, 4, 5]);
    cases.add("reshape", [6], |x| x.reshape([x.dims()[0], 2, 3]));
    cases.add("flatten", [2, 3, 2], |x| x.flatten(1));
    cases.add("one axis", [2, 3], |x| x.reshape([x.numel()]) * 2.0);
    cases.add("batch in the middle", [2, 3], |x| x.permute(&[1, 0, 2]).reshape([2, x.dims()[0] * 3]));
    cases.add("permute", [2, 3, 4], |x| x.permute(&[0, 3, 1, 2]));
    cases.add("slice", [5, 6], |x| x.slice(1, 1, 2, 2).slice(2, 5, 3, -2));
    cases.add("flip", [5, 6], |x| x.flip(-1));
    cases.add("first sample", [4], |x| x.narrow(0, 0, 1) - x);
    cases.add("select_at", [5, 6], |x| x.select_at(1, 2));
    cases.add("split", [6], |x| {
        x.chunk(2, 1).iter().fold(x.zeros_like().narrow(1, 0, 3), |sum, part| sum * 0.5 + part)
    });
    cases.add("concat", [2, 3], |x| Tensor::concat(&[x, &(x * 2.0), &x.relu()], 1));
    cases.add("concat with a constant", [2, 3], |x| {
        Tensor::concat(&[x, &constant(&[1, 4, 3]).broadcast_to([x.dims()[0], 4, 3])], 1)
    });
    cases.add("stack", [2, 3], |x| Tensor::stack(&[x, &x.exp()], -1));
    cases.add("broadcast", [3, 1], |x| x.broadcast_to([x.dims()[0], 3, 4]).softmax(-1) + x);
    cases.add("broadcast along the batch", [3], |x| {
        x.sum(0).broadcast_to([x.dims()[0], 3]).reshape([x.dims()[0] * 3])
    });
    cases.add("result that is repeated", [3, 1], |x| x.broadcast_to([x.dims()[0], 3, 4]));
    cases.add("the input itself", [3], |x| x.clone());
    cases.add("alias", [3], |x| x.alias());
    cases.add("pad", [2, 3], |x| x.pad(&[(1, 0), (2, 1)], 0.0));
    cases.add("pad with a value", [2, 3], |x| x.pad(&[(1, 2)], 0.5));
    cases.add("reflect", [1, 4, 4], |x| x.pad_reflect(2, 1, 2).pad_reflect(3, 2, 1));
    cases.add("replicate", [1, 4, 4], |x| x.pad_replicate(2, 1, 2).pad_replicate(3, 2, 1));
    cases.add("gather rows", [4, 3], |x| x.index_select(1, &Tensor::from([3u32, 0, 0])));
    cases.add("gather what was found", [4, 3], |x| x.gather(1, &x.argmax(1).unsqueeze(1)));
    for size in [[8, 10], [7, 7], [2, 3], [4, 5]] {
        let name = format!("{}x{}", size[0], size[1]);
        cases.add(&format!("nearest-{name}"), [2, 4, 5], |x| x.resize_nearest(size));
        cases.add(&format!("bilinear-{name}"), [2, 4, 5], |x| x.resize_bilinear(size, false));
        cases.add(&format!("bilinear-corners-{name}"), [2, 4, 5], |x| x.resize_bilinear(size, true));
    }
    cases.add("plus an image", [2, 4, 5], |x| x.resize_nearest([8, 10]) + image.resize_nearest([8, 10]));
    // A generator that is told a class.
    let mut table = Embedding::new(6, 3, Key::new(4), &TensorOptions::default());
    let params = tensors(&mut table);
    let inputs = [NetworkInput::floats("z", [4]), NetworkInput::numbers("class", [], 6)];
    cases.add_all("class", &inputs, &params, |x| {
        let told = table.forward(&x[1], &mut Ctx::eval());
        Tensor::concat(&[&x[0], &told, &x[1].one_hot(6, DType::F32)], 1).tanh()
    });
    if let Some(worst) = cases.run() {
        println!("the worst relative difference of views and images is {worst:.1e}");
    }
}
