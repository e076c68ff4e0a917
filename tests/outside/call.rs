//! PyTorch's functions in kiln's words.

use crate::file::{dims, integer, list, text};
use kiln_grad::ops::{Attention, Conv, GridSample, Outside};
use kiln_grad::{DType, Device, Tensor, Window};
use serde_json::Value;

/// One call of a PyTorch function.
pub struct Call<'a> {
    /// The name.
    pub op: &'a str,
    /// Its options.
    pub params: &'a Value,
    /// The inputs that get gradients.
    pub x: &'a [Tensor],
    /// Those that don't.
    pub consts: &'a [Tensor],
}

impl Call<'_> {
    /// The result, and further ones by name. Dims may lack or have too many axes of length 1.
    pub fn run(&self) -> (Tensor, Vec<(&'static str, Tensor)>) {
        if self.op == "batch_norm" {
            return self.batch_norm();
        }
        let (x, axes) = (&self.x[0], &self.axes()[..]);
        let y = match self.op {
            "conv2d_sided" => {
                let [left, right, top, bottom] = self.sizes("sides").try_into().unwrap();
                let options = Conv { padding: [[top, bottom], [left, right]], ..Conv::default() };
                x.conv2d(&self.x[1], options.stride(self.pair("stride")))
            }
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
            "std" => x.std(axes, self.number("correction")),
            "sum" => x.sum(axes),
            "mean" => x.mean(axes),
            "amax" => x.max(axes),
            "amin" => x.min(axes),
            "norm" => {
                assert_eq!(self.number("p"), 2.0);
                x.square().sum(axes).sqrt()
            }

            "pad" => self.pad(x),
            "gather" => x.gather(self.axis(), &self.index("index")),
            "scatter_add" => {
                let axis = self.axis();
                x + self.x[1].scatter_add(axis, &self.index("index"), x.dim(axis))
            }
            "index_select" => x.index_select(self.axis(), &self.index("index")),
            "embedding" => x.embedding(&self.index("index")),

            "permute" => x.permute(&self.sizes("order").iter().map(|&axis| axis as i32).collect::<Vec<_>>()),
            "transposed_square" => x * x.transpose(0, 1),
            "flip" => x * x.flip(self.axis()),
            "concat" => Tensor::concat(&self.x.iter().collect::<Vec<_>>(), self.axis()),
            "stack" => Tensor::stack(&self.x.iter().collect::<Vec<_>>(), self.axis()),
            "slice" => {
                let [a, b] = self.pair("start").map(|start| x.slice(1, start, self.size("length"), 2));
                a * b
            }
            "split" => {
                let parts = x.split(&self.sizes("lengths"), 1);
                &parts[0] * &parts[2]
            }
            "expand" => x.broadcast_to(dims(&self.params["to"])),
            "where" => self.index("mask").select(&(x * &self.x[1]), &self.x[1].exp()),

            // A vector is a matrix with one row or one column.
            "matmul" if x.rank() == 1 => x.unsqueeze(0).matmul(&self.x[1]),
            "matmul" if self.x[1].rank() == 1 => x.matmul(&self.x[1].unsqueeze(-1)),
            "matmul" => x.matmul(&self.x[1]),
            "linear" => x.matmul(&self.x[1].transpose(0, 1)) + &self.x[2],

            "attention" => self.attention(),
            "cumsum" => x.cumsum(self.axis()),
            "cumprod" => x.cumprod(self.axis()),
            "cumprod_zeros" => x.relu().cumprod(self.axis()),
            "prod" => x.prod(self.axis()),
            "prod_zeros" => x.relu().prod(self.axis()),
            "sort" => x.sort(self.axis(), self.flag("descending")).0,
            "topk" => x.topk(self.size("k"), self.axis(), true).0,
            "tril" => x.tril(integer(&self.params["diagonal"]) as i32),
            "triu" => x.triu(integer(&self.params["diagonal"]) as i32),
            "scatter" => x.scatter(self.axis(), &self.index("index"), &self.x[1]),
            "scatter_max" => x.scatter_max(self.axis(), &self.index("index"), &self.x[1]),
            "index_add" => x.index_add(self.axis(), &self.index("index"), &self.x[1]),
            "vector_norm" => x.norm(text(&self.params["p"]).parse().unwrap(), axes),
            "normalize" => x.normalize(axes, self.number("eps")),
            "rms_norm" => x.rms_norm(&self.x[1], self.number("eps")),
            "repeat_interleave" => x.repeat_interleave(self.size("count"), self.axis()),
            "tile" => x.tile(&self.sizes("counts")),
            "einsum" | "einsum_three" => {
                Tensor::einsum(text(&self.params["equation"]), &self.x.iter().collect::<Vec<_>>())
            }
            "pixel_shuffle" => x.pixel_shuffle(self.size("factor")),
            "pixel_unshuffle" => x.pixel_unshuffle(self.size("factor")),
            "unfold" => x.unfold(self.window()),
            "fold" => x.fold(self.pair("size"), self.window()),
            "avg_pool3d" | "max_pool3d" => self.pool3d(x),
            "grid_sample" => self.grid_sample(x),
            "affine_grid" => x.affine_grid(self.pair("size"), self.flag("align_corners")),

            _ => self.loss().unwrap_or_else(|| self.elementwise(x)),
        };
        (y, Vec::new())
    }

    fn attention(&self) -> Tensor {
        let mask = self.params.get("mask").map(|_| self.index("mask"));
        let (causal, scale) = (self.flag("causal"), self.params["scale"].as_f64());
        let options = Attention { mask, causal, scale, dropout: None };
        self.x[0].attention(&self.x[1], &self.x[2], &options)
    }

    fn grid_sample(&self, x: &Tensor) -> Tensor {
        let options = GridSample {
            nearest: text(&self.params["mode"]) == "nearest",
            outside: match text(&self.params["padding_mode"]) {
                "border" => Outside::Border,
                "reflection" => Outside::Reflection,
                _ => Outside::Zeros,
            },
            align_corners: self.flag("align_corners"),
        };
        x.grid_sample(&self.x[1], options)
    }

    fn pool3d(&self, x: &Tensor) -> Tensor {
        let [kernel, stride, padding] = ["kernel_size", "stride", "padding"].map(|name| self.sizes(name));
        let plane = |sizes: &[usize]| [sizes[1], sizes[2]];
        let window = Window::new(plane(&kernel)).stride(plane(&stride)).padding(plane(&padding));
        match self.op {
            "avg_pool3d" => x.avg_pool3d(window, kernel[0], stride[0], padding[0]),
            _ => x.max_pool3d(window, kernel[0], stride[0], padding[0]),
        }
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
            "gelu" => x.gelu_tanh(),
            "abs" => x.abs(),
            "sin" => x.sin(),
            "cos" => x.cos(),
            "erf" => x.erf(),
            "lgamma" => x.lgamma(),
            "digamma" => x.digamma(),
            "clamp" => x.clamp(self.number("min"), self.number("max")),
            "expm1" => x.expm1(),
            "log1p" => x.ln1p(),
            "square" => x.square(),
            "pow_scalar" => x.pow_scalar(self.number("exponent")),
            "pow" => x.pow(&self.x[1]),
            "add" => x + &self.x[1],
            "sub" => x - &self.x[1],
            "mul" => x * &self.x[1],
            "div" => x / &self.x[1],
            "maximum" => x.maximum(&self.x[1]),
            "minimum" => x.minimum(&self.x[1]),
            "ceil" => x.ceil(),
            "round" => x.round(),
            "trunc" => x.trunc(),
            "asin" => x.asin(),
            "acos" => x.acos(),
            "atan" => x.atan(),
            "atan2" => x.atan2(&self.x[1]),
            "tan" => x.tan(),
            "sinh" => x.sinh(),
            "cosh" => x.cosh(),
            "hardswish" => x.hardswish(),
            "mish" => x.mish(),
            "selu" => x.selu(),
            "softsign" => x.softsign(),
            "gelu_tanh" => x.gelu_tanh(),
            "prelu" => x.prelu(&self.x[1]),
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
            "conv1d" => x.conv1d(w, options),
            "conv2d" => x.conv2d(w, options),
            "conv_transpose1d" => x.conv_transpose1d(w, options.output_padding(pair("output_padding", 0))),
            _ => x.conv_transpose2d(w, options.output_padding(pair("output_padding", 0))),
        };
        match self.x.get(2) {
            Some(bias) => y.bias(bias),
            None => y,
        }
    }

    fn window(&self) -> Window {
        let dilation = if self.params.get("dilation").is_some() { self.pair("dilation") } else { [1, 1] };
        let window = Window::new(self.pair("kernel_size")).stride(self.pair("stride")).dilation(dilation);
        let window = window.padding(self.pair("padding"));
        if self.flag("ceil_mode") { window.ceil() } else { window }
    }

    fn max_pool(&self, x: &Tensor) -> Tensor {
        x.max_pool2d(self.window())
    }

    fn avg_pool(&self, x: &Tensor) -> Tensor {
        let window = self.window();
        if self.flag("count_include_pad") { x.avg_pool2d(window) } else { x.avg_pool2d_inside(window) }
    }

    fn interpolate(&self, x: &Tensor) -> Tensor {
        let antialias = self.params.get("antialias").is_some_and(|flag| flag == true);
        match text(&self.params["mode"]) {
            "nearest" => x.resize_nearest(self.pair("size")),
            "nearest-exact" => x.resize_nearest_exact(self.pair("size")),
            "bilinear" if antialias => x.resize_bilinear_antialiased(self.pair("size")),
            "bicubic" if antialias => x.resize_bicubic_antialiased(self.pair("size")),
            "bicubic" => x.resize_bicubic(self.pair("size"), self.flag("align_corners")),
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

    pub fn number(&self, key: &str) -> f64 {
        self.params[key].as_f64().unwrap_or_else(|| panic!("{}: no number {key}", self.op))
    }

    pub fn flag(&self, key: &str) -> bool {
        self.params[key].as_bool().unwrap_or_else(|| panic!("{}: no flag {key}", self.op))
    }

    pub fn size(&self, key: &str) -> usize {
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

    pub fn index(&self, key: &str) -> Tensor {
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
