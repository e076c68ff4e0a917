//! kiln's ops against PyTorch: values, vector-Jacobian products and second order of the single-op
//! cases in `tests/golden/ops.json`, in f64.

use kiln_grad::ops::conv2d::Conv;
use kiln_grad::{DType, Device, Dims, GradError, Sweep, Tensor, Window, try_grad};
use serde_json::Value;

const CASES: usize = 134;
const SECOND_ORDER_CASES: usize = 46;
/// Allowed deviation, relative to `max(1, |expected|)`.
const TOLERANCE: f64 = 1e-10;

#[test]
fn hash_is_that_of_the_file() {
    let file = golden();
    let check = &file["hash_check"];
    assert_eq!(hash_fill(check).to_f64_vec().unwrap(), floats(&check["values"]));
}

#[test]
fn ops_agree_with_torch() {
    let file = golden();
    let cases = file["cases"].as_array().unwrap();
    let mut report = Report::default();
    for case in cases {
        // Shown if an op panics.
        println!("{}", text(&case["name"]));
        run_case(case, &mut report);
    }
    println!(
        "{} cases, {} of them in second order; {} numbers, the worst off by {:.1e} ({})",
        report.cases, report.second_order_cases, report.numbers, report.worst, report.worst_at
    );
    assert_eq!((report.cases, report.second_order_cases), (CASES, SECOND_ORDER_CASES));
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
}

/// What the comparisons found.
#[derive(Default)]
struct Report {
    cases: usize,
    second_order_cases: usize,
    numbers: usize,
    worst: f64,
    worst_at: String,
    failures: Vec<String>,
}

impl Report {
    fn compare(&mut self, what: &str, got: &Tensor, expected: &Value) {
        let (got, expected) = (got.to_f64_vec().unwrap(), floats(expected));
        assert_eq!(got.len(), expected.len(), "{what}: the number of elements");
        let off = |(got, expected): (&f64, &f64)| (got - expected).abs() / expected.abs().max(1.0);
        // NaN, which no comparison finds, counts as infinitely wrong.
        let finite = |off: f64| if off.is_nan() { f64::INFINITY } else { off };
        let worst = got.iter().zip(&expected).map(off).map(finite).fold(0.0, f64::max);
        self.numbers += got.len();
        if worst > self.worst {
            (self.worst, self.worst_at) = (worst, what.to_owned());
        }
        if worst > TOLERANCE {
            self.failures.push(format!("{what}: off by {worst:.1e}\n  got {got:?}\n  not {expected:?}"));
        }
    }
}

fn run_case(case: &Value, report: &mut Report) {
    let name = text(&case["name"]);
    let xs: Vec<Tensor> = list(&case["inputs"]).iter().map(|input| hash_fill(input).tracked()).collect();
    let consts: Vec<Tensor> = case.get("consts").map_or(&[][..], list).iter().map(hash_fill).collect();
    let all = Case { op: text(&case["op"]), params: &case["params"], x: &xs, consts: &consts };
    let (y, extra) = all.run();
    let y = y.reshape(dims(&case["dims"]));
    report.compare(&format!("{name}, output"), &y, &case["output"]);
    for (key, expected) in case.get("extra").and_then(Value::as_object).into_iter().flatten() {
        let found = extra.iter().find(|(name, _)| name == key).expect(key);
        report.compare(&format!("{name}, {key}"), &found.1, expected);
    }

    let wanted: Vec<&Tensor> = xs.iter().collect();
    let cotangent = hash(dims(&case["dims"]), integer(&case["cot_salt"]) as u32, 1.0, 0.0).tracked();
    let second = case.get("second");
    for recording in [false, true] {
        let sweep = Sweep::new(y.clone(), cotangent.clone(), &wanted, recording).unwrap();
        let vjps = sweep.finish(&wanted);
        assert_eq!(list(&case["vjps"]).len(), vjps.len());
        for (k, (vjp, expected)) in vjps.iter().zip(list(&case["vjps"])).enumerate() {
            report.compare(&format!("{name}, vjp {k}, recorded: {recording}"), vjp, expected);
        }
        if let (Some(second), true) = (second, recording) {
            second_order(name, second, &vjps, &xs, &cotangent, report);
            report.second_order_cases += 1;
        }
    }
    report.cases += 1;
}

/// The gradients of `s = Σ ⟨w_k, vjp_k⟩` with respect to the inputs and the cotangent.
fn second_order(
    name: &str,
    second: &Value,
    vjps: &[Tensor],
    xs: &[Tensor],
    cotangent: &Tensor,
    report: &mut Report,
) {
    let weighted = vjps.iter().zip(list(&second["w_salts"])).map(|(vjp, salt)| {
        let w = hash(*vjp.dims(), integer(salt) as u32, 1.0, 0.0);
        (w * vjp).sum(..)
    });
    let s = weighted.reduce(|a, b| a + b).unwrap();
    // Where a vjp doesn't depend on an input there is no path, and the gradient is zero.
    let gradient = |x: &Tensor| match try_grad(s.clone(), &[x]) {
        Ok(gradients) => gradients[0].clone(),
        Err(GradError::NoPath { .. }) => x.zeros_like(),
        Err(error) => panic!("{name}: {error}"),
    };
    assert_eq!(list(&second["grads"]).len(), xs.len());
    for (k, (x, expected)) in xs.iter().zip(list(&second["grads"])).enumerate() {
        report.compare(&format!("{name}, second order for input {k}"), &gradient(x), expected);
    }
    report.compare(
        &format!("{name}, second order for the cotangent"),
        &gradient(cotangent),
        &second["grad_cot"],
    );
}

/// One call of a PyTorch function.
struct Case<'a> {
    op: &'a str,
    params: &'a Value,
    x: &'a [Tensor],
    consts: &'a [Tensor],
}

impl Case<'_> {
    /// The result, and further ones by name. Dims may lack or have too many axes of length 1.
    fn run(&self) -> (Tensor, Vec<(&'static str, Tensor)>) {
        if self.op == "batch_norm" {
            return self.batch_norm();
        }
        let (x, axes) = (&self.x[0], &self.axes()[..]);
        let y = match self.op {
            "conv1d" | "conv2d" | "conv_transpose1d" | "conv_transpose2d" => self.conv(),
            "max_pool2d" => self.max_pool(x),
            "avg_pool2d" => self.avg_pool(x),
            "adaptive_avg_pool2d" => adaptive_avg_pool(x, self.pair("output_size")),
            "interpolate" => self.interpolate(x),

            "layer_norm" => self.layer_norm(x),
            "instance_norm" => x.instance_norm(self.affine(), self.number("eps")),
            "group_norm" => x.group_norm(self.size("num_groups"), self.affine(), self.number("eps")),

            "softmax" => x.softmax(self.axis()),
            "log_softmax" => x.log_softmax(self.axis()),
            "logsumexp" => x.logsumexp(axes),
            "var" => x.var(axes, self.number("correction")),
            "std" => x.var(axes, self.number("correction")).sqrt(),
            "sum" => x.sum(axes),
            "mean" => x.mean(axes),
            "amax" => x.max(axes),
            "amin" => x.min(axes),
            "norm" => {
                assert_eq!(self.number("p"), 2.0);
                x.square().sum(axes).sqrt()
            }

            "cross_entropy" => self.cross_entropy(x),
            "bce_with_logits" => self.reduced(x.softplus() - x * &self.consts[0]),
            "mse_loss" => self.reduced((x - &self.x[1]).square()),
            "l1_loss" => self.reduced((x - &self.x[1]).abs()),

            "pad" => self.pad(x),
            "gather" => x.gather(self.axis(), &self.index("index")),
            "scatter_add" => {
                let axis = self.axis();
                x + self.x[1].scatter_add(axis, &self.index("index"), x.dim(axis))
            }
            "index_select" => x.index_select(self.axis(), &self.index("index")),
            "embedding" => x.embedding(&self.index("index")),

            // A vector is a matrix with one row or one column.
            "matmul" if x.rank() == 1 => x.unsqueeze(0).matmul(&self.x[1]),
            "matmul" if self.x[1].rank() == 1 => x.matmul(&self.x[1].unsqueeze(-1)),
            "matmul" => x.matmul(&self.x[1]),
            "linear" => x.matmul(&self.x[1].transpose(0, 1)) + &self.x[2],

            _ => self.elementwise(x),
        };
        (y, Vec::new())
    }

    fn elementwise(&self, x: &Tensor) -> Tensor {
        match self.op {
            "exp" => x.exp(),
            "log" => x.ln(),
            "sqrt" => x.sqrt(),
            "rsqrt" => x.rsqrt(),
            "reciprocal" => x.recip(),
            "tanh" => x.tanh(),
            "sigmoid" => x.sigmoid(),
            "relu" => x.relu(),
            "leaky_relu" => x.leaky_relu(self.number("negative_slope")),
            "elu" => x.elu(self.number("alpha")),
            "softplus" => x.softplus(),
            "silu" => x.silu(),
            "gelu" if text(&self.params["approximate"]) == "none" => x.gelu(),
            "gelu" => {
                let inner = (x + x.pow_scalar(3.0) * 0.044715) * (2.0 / std::f64::consts::PI).sqrt();
                x * (inner.tanh() + 1.0) * 0.5
            }
            "abs" => x.abs(),
            "sin" => x.sin(),
            "cos" => x.cos(),
            "erf" => x.erf(),
            "clamp" => x.clamp(self.number("min"), self.number("max")),
            "pow_scalar" => x.pow_scalar(self.number("exponent")),
            "pow" => x.pow(&self.x[1]),
            "add" => x + &self.x[1],
            "sub" => x - &self.x[1],
            "mul" => x * &self.x[1],
            "div" => x / &self.x[1],
            "maximum" => x.maximum(&self.x[1]),
            "minimum" => x.minimum(&self.x[1]),
            op => panic!("the file has an op that this test doesn't know: {op}"),
        }
    }

    fn conv(&self) -> Tensor {
        let (x, w, groups) = (&self.x[0], &self.x[1], self.size("groups"));
        // Sequences are images of height 1.
        let flat = x.rank() == 3;
        let pair = |key: &str, other: usize| if flat { [other, self.sizes(key)[0]] } else { self.pair(key) };
        let options = Conv::default()
            .stride(pair("stride", 1))
            .padding(pair("padding", 0))
            .dilation(pair("dilation", 1))
            .groups(groups);
        let y = match self.op {
            "conv1d" => {
                let [stride, padding, dilation] =
                    ["stride", "padding", "dilation"].map(|key| self.sizes(key)[0]);
                x.conv1d(w, stride, padding, dilation, groups)
            }
            "conv2d" => x.conv2d(w, options),
            "conv_transpose1d" => {
                let options = options.output_padding(pair("output_padding", 0));
                x.unsqueeze(2).conv_transpose2d(&w.unsqueeze(2), options).squeeze(2)
            }
            _ => x.conv_transpose2d(w, options.output_padding(pair("output_padding", 0))),
        };
        match self.x.get(2) {
            Some(bias) => &y + channels(bias, &y),
            None => y,
        }
    }

    fn window(&self, x: &Tensor) -> Window {
        let dilation = if self.params.get("dilation").is_some() { self.pair("dilation") } else { [1, 1] };
        let window = Window::new(self.pair("kernel_size")).stride(self.pair("stride")).dilation(dilation);
        let mut window = window.padding(self.pair("padding"));
        if self.flag("ceil_mode") {
            // The last window may stand out: more padding at the end.
            for i in 0..2 {
                let reach = window.dilation[i] * (window.kernel[i] - 1) + 1;
                let free = x.dims()[i + 2] + window.padding[i].iter().sum::<usize>() - reach;
                window.padding[i][1] += free.next_multiple_of(window.stride[i]) - free;
            }
        }
        window
    }

    fn max_pool(&self, x: &Tensor) -> Tensor {
        x.max_pool2d(self.window(x))
    }

    fn avg_pool(&self, x: &Tensor) -> Tensor {
        let window = self.window(x);
        let y = x.avg_pool2d(window);
        // Without the padding: divided by the share of the window that isn't padding.
        if self.flag("count_include_pad") { y } else { y / x.ones_like().avg_pool2d(window) }
    }

    fn interpolate(&self, x: &Tensor) -> Tensor {
        match text(&self.params["mode"]) {
            "nearest" => x.resize_nearest(self.pair("size")),
            "bilinear" => x.resize_bilinear(self.pair("size"), self.flag("align_corners")),
            mode => panic!("interpolate: unknown mode {mode}"),
        }
    }

    /// Weight and bias, if the case has them.
    fn affine(&self) -> Option<(&Tensor, &Tensor)> {
        (self.x.len() == 3).then(|| (&self.x[1], &self.x[2]))
    }

    fn batch_norm(&self) -> (Tensor, Vec<(&'static str, Tensor)>) {
        let (x, eps) = (&self.x[0], self.number("eps"));
        if !self.flag("training") {
            return (x.batch_norm_by(&self.consts[0], &self.consts[1], self.affine(), eps), Vec::new());
        }
        let (y, stats) = x.batch_norm(self.affine(), eps);
        // From a mean of 0 and a variance of 1, with the unbiased variance.
        let (momentum, count) = (self.number("momentum"), stats.count as f64);
        let mean = stats.mean * momentum;
        let var = stats.var * (momentum * count / (count - 1.0)) + (1.0 - momentum);
        (y, vec![("running_mean", mean), ("running_var", var)])
    }

    fn layer_norm(&self, x: &Tensor) -> Tensor {
        let shape = dims(&self.params["normalized_shape"]);
        match self.affine() {
            Some((weight, bias)) => x.layer_norm(weight, bias, self.number("eps")),
            None => {
                let ones = Tensor::ones(shape, DType::F64, &Device::cpu());
                x.layer_norm(&ones, &ones.zeros_like(), self.number("eps"))
            }
        }
    }

    fn cross_entropy(&self, x: &Tensor) -> Tensor {
        // The classes are axis 1; PyTorch's targets lack that axis.
        let minus_log = -x.log_softmax(1);
        let chosen = minus_log.gather(1, &self.index("target").unsqueeze(1)).squeeze(1);
        let smoothing = self.number("label_smoothing");
        if smoothing == 0.0 {
            return self.reduced(chosen);
        }
        self.reduced(chosen * (1.0 - smoothing) + minus_log.mean(1) * smoothing)
    }

    fn reduced(&self, losses: Tensor) -> Tensor {
        match text(&self.params["reduction"]) {
            "none" => losses,
            "sum" => losses.sum(..),
            "mean" => losses.mean(..),
            reduction => panic!("unknown reduction {reduction}"),
        }
    }

    fn pad(&self, x: &Tensor) -> Tensor {
        let mode = text(&self.params["mode"]);
        // PyTorch lists the last axis first.
        let sides: Vec<i64> = list(&self.params["pad"]).iter().map(integer).collect();
        let axes = sides.chunks(2).enumerate().map(|(i, side)| (-1 - i as i32, side[0], side[1]));
        axes.fold(x.clone(), |x, (axis, before, after)| {
            let [b, a] = [before, after].map(|n| n.max(0) as usize);
            match mode {
                "reflect" => x.pad_reflect(axis, b, a),
                "replicate" => x.pad_replicate(axis, b, a),
                "constant" => {
                    // A negative number is a crop.
                    let [start, end] = [before, after].map(|n| (-n).max(0) as usize);
                    let mut ends = vec![(0, 0); -axis as usize];
                    ends[0] = (b, a);
                    x.narrow(axis, start, x.dim(axis) - start - end).pad(&ends, self.number("value"))
                }
                _ => panic!("pad: unknown mode {mode}"),
            }
        })
    }

    fn number(&self, key: &str) -> f64 {
        self.params[key].as_f64().unwrap_or_else(|| panic!("{}: no number {key}", self.op))
    }

    fn flag(&self, key: &str) -> bool {
        self.params[key].as_bool().unwrap_or_else(|| panic!("{}: no flag {key}", self.op))
    }

    fn size(&self, key: &str) -> usize {
        integer(&self.params[key]) as usize
    }

    fn sizes(&self, key: &str) -> Vec<usize> {
        dims(&self.params[key]).to_vec()
    }

    fn pair(&self, key: &str) -> [usize; 2] {
        self.sizes(key).try_into().unwrap()
    }

    fn axis(&self) -> i32 {
        integer(&self.params["dim"]) as i32
    }

    /// Several axes, none if the op has no such parameter.
    fn axes(&self) -> Vec<usize> {
        if self.params["dim"].is_array() { self.sizes("dim") } else { Vec::new() }
    }

    fn index(&self, key: &str) -> Tensor {
        let numbers: Vec<u32> = list(&self.params[key]["data"]).iter().map(|n| integer(n) as u32).collect();
        Tensor::from_slice(&numbers, dims(&self.params[key]["dims"]), &Device::cpu())
    }
}

/// The mean over each of `size` parts of the image, which overlap where they don't fit.
fn adaptive_avg_pool(x: &Tensor, size: [usize; 2]) -> Tensor {
    (0..2).fold(x.clone(), |x, i| {
        let axis = i as i32 + 2;
        let (old, new) = (x.dim(axis), size[i]);
        let parts: Vec<Tensor> = (0..new)
            .map(|o| {
                let (start, end) = (o * old / new, ((o + 1) * old).div_ceil(new));
                x.narrow(axis, start, end - start).mean_keepdim(axis)
            })
            .collect();
        Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis)
    })
}

/// A vector as channels of `[n, c, ..]`.
fn channels(vector: &Tensor, like: &Tensor) -> Tensor {
    let dims: Dims = (0..like.rank()).map(|axis| if axis == 1 { vector.numel() } else { 1 }).collect();
    vector.reshape(dims)
}

/// The hash that all inputs come from; see `tests/golden/README.md`.
fn hash(dims: Dims, salt: u32, scale: f64, shift: f64) -> Tensor {
    let value = |i: u32| {
        let mut x = i.wrapping_add(salt.wrapping_mul(0x9E37_79B9));
        x ^= x >> 16;
        x = x.wrapping_mul(0x85EB_CA6B);
        x ^= x >> 13;
        x = x.wrapping_mul(0xC2B2_AE35);
        x ^= x >> 16;
        shift + scale * (f64::from(x) / 2_f64.powi(31) - 1.0)
    };
    let values: Vec<f64> = (0..dims.numel() as u32).map(value).collect();
    Tensor::from_slice(&values, dims, &Device::cpu())
}

/// The tensor a record `{"dims", "salt", "scale", "shift"}` describes.
fn hash_fill(record: &Value) -> Tensor {
    let number = |key: &str, default: f64| record.get(key).map_or(default, |n| n.as_f64().unwrap());
    let salt = integer(&record["salt"]) as u32;
    hash(dims(&record["dims"]), salt, number("scale", 1.0), number("shift", 0.0))
}

fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/ops.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|number| number.as_f64().unwrap()).collect()
}

fn dims(value: &Value) -> Dims {
    list(value).iter().map(|length| integer(length) as usize).collect()
}
