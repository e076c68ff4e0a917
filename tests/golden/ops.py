"""Values, vector-Jacobian products and some second-order gradients of single ops, in f64: ops.json."""
import torch
import torch.nn.functional as F

from common import Key, hash_fill, write_json

CASES = []


def inp(*dims, scale=1.0, shift=0.0):
    return {"dims": list(dims), "scale": scale, "shift": shift}


def flat(t):
    return t.detach().flatten().tolist()


def case(name, op, params, inputs, f, consts=(), second=False, extra=None):
    """Records f(*inputs, *consts); consts are float tensors that take no gradient."""
    base = 10000 + 100 * len(CASES)
    inputs = [dict(i, salt=base + k) for k, i in enumerate(inputs)]
    consts = [dict(i, salt=base + 20 + k) for k, i in enumerate(consts)]
    xs = [hash_fill(i["dims"], i["salt"], i["scale"], i["shift"]).requires_grad_() for i in inputs]
    out = f(*xs, *[hash_fill(i["dims"], i["salt"], i["scale"], i["shift"]) for i in consts])
    cot = hash_fill(list(out.shape), base + 50).requires_grad_(second)
    vjps = torch.autograd.grad(out, xs, cot, create_graph=second)
    c = {"name": name, "op": op, "params": params, "inputs": inputs}
    if consts:
        c["consts"] = consts
    c |= {"cot_salt": base + 50, "dims": list(out.shape), "output": flat(out), "vjps": [flat(v) for v in vjps]}
    if extra:
        c["extra"] = {k: flat(v) for k, v in extra().items()}
    if second:
        ws = [hash_fill(list(x.shape), base + 60 + k) for k, x in enumerate(xs)]
        s = sum((w * v).sum() for w, v in zip(ws, vjps))
        gs = torch.autograd.grad(s, [*xs, cot], allow_unused=True)
        gs = [torch.zeros_like(t) if g is None else g for t, g in zip([*xs, cot], gs)]
        c["second"] = {"w_salts": [base + 60 + k for k in range(len(xs))],
                       "grads": [flat(g) for g in gs[:-1]], "grad_cot": flat(gs[-1])}
    CASES.append(c)


def index(dims, data):
    assert torch.Size(dims).numel() == len(data)
    return {"dims": dims, "data": data}, torch.tensor(data).reshape(dims)


def conv(name, x, w, bias=True, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, second=False,
         output_padding=None):
    """Weight dims are [out, in/groups, ...] for conv and [in, out/groups, ...] for conv_transpose."""
    nd = len(w) - 2
    transposed = name.startswith("conv_transpose")
    op = ("conv_transpose" if transposed else "conv") + f"{nd}d"
    params = {"stride": list(stride[:nd]), "padding": list(padding[:nd]), "dilation": list(dilation[:nd]),
              "groups": groups}
    if transposed:
        params["output_padding"] = list((output_padding or (0, 0))[:nd])
    inputs = [inp(*x), inp(*w)] + ([inp(w[1] * groups if transposed else w[0])] if bias else [])
    case(name, op, params, inputs, lambda *a: getattr(F, op)(*a, **params), second=second)


def convs():
    conv("conv1d", (2, 2, 7), (3, 2, 3))
    conv("conv1d_stride_pad_dilation", (1, 2, 10), (2, 2, 3), stride=(2,), padding=(2,), dilation=(2,))
    conv("conv1d_groups", (1, 4, 6), (4, 2, 3), padding=(1,), groups=2)
    conv("conv2d", (1, 2, 5, 5), (3, 2, 3, 3))
    conv("conv2d_no_bias_batch", (2, 2, 4, 4), (2, 2, 3, 3), bias=False, padding=(1, 1), second=True)
    conv("conv2d_1x1", (2, 3, 2, 3), (4, 3, 1, 1))
    conv("conv2d_1x1_padded", (1, 2, 2, 3), (2, 2, 1, 1), padding=(1, 1))
    conv("conv2d_k4s2p1", (1, 2, 6, 6), (2, 2, 4, 4), stride=(2, 2), padding=(1, 1), second=True)
    conv("conv2d_remainder", (1, 2, 6, 8), (2, 2, 3, 3), stride=(2, 3))
    conv("conv2d_stride_over_kernel", (1, 1, 7, 8), (2, 1, 2, 2), stride=(3, 3))
    conv("conv2d_dilation", (1, 2, 6, 7), (2, 2, 3, 3), padding=(1, 1), dilation=(2, 2))
    conv("conv2d_asymmetric", (1, 2, 5, 6), (2, 2, 2, 3), stride=(2, 1), padding=(1, 2), dilation=(1, 2), second=True)
    conv("conv2d_groups", (1, 4, 4, 4), (4, 2, 3, 3), padding=(1, 1), groups=2, second=True)
    conv("conv2d_groups_stride_dilation", (1, 4, 5, 6), (2, 2, 2, 3), stride=(2, 2), padding=(1, 2), dilation=(2, 2), groups=2)
    conv("conv2d_depthwise", (1, 3, 4, 5), (3, 1, 3, 3), padding=(1, 1), groups=3)
    conv("conv2d_depthwise_multiplier", (1, 2, 4, 4), (4, 1, 3, 3), stride=(2, 2), padding=(1, 1), groups=2)
    conv("conv2d_kernel_over_input", (1, 2, 2, 3), (2, 2, 4, 4), padding=(1, 1))
    conv("conv_transpose1d", (1, 2, 4), (2, 3, 3), stride=(2,), padding=(1,), output_padding=(1,))
    conv("conv_transpose2d", (1, 2, 3, 3), (2, 2, 3, 3))
    conv("conv_transpose2d_k4s2p1", (1, 2, 3, 3), (2, 2, 4, 4), stride=(2, 2), padding=(1, 1), second=True)
    conv("conv_transpose2d_from_1x1", (2, 3, 1, 1), (3, 2, 4, 4), bias=False)
    conv("conv_transpose2d_output_padding", (1, 2, 3, 3), (2, 2, 3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))
    conv("conv_transpose2d_stride_over_kernel", (1, 1, 2, 3), (1, 2, 2, 2), stride=(3, 3), output_padding=(1, 2))
    conv("conv_transpose2d_dilation", (1, 2, 3, 2), (2, 1, 3, 3), padding=(1, 1), dilation=(2, 2))
    conv("conv_transpose2d_crop", (1, 2, 4, 4), (2, 2, 3, 3), padding=(2, 2))
    conv("conv_transpose2d_asymmetric", (1, 2, 3, 4), (2, 2, 2, 3), stride=(2, 1), padding=(0, 2), dilation=(1, 2), output_padding=(1, 0))
    conv("conv_transpose2d_groups", (1, 4, 2, 3), (4, 2, 3, 3), stride=(2, 2), padding=(1, 1), groups=2, second=True)
    conv("conv_transpose2d_depthwise", (1, 3, 3, 2), (3, 1, 3, 3), stride=(2, 1), padding=(1, 1), groups=3)
    conv("conv2d_everything", (2, 4, 7, 8), (6, 2, 3, 2), stride=(2, 3), padding=(2, 1), dilation=(2, 3), groups=2, second=True)
    conv("conv1d_depthwise", (2, 3, 7), (3, 1, 3), stride=(2,), padding=(1,), groups=3, second=True)
    conv("conv_transpose2d_everything", (2, 4, 2, 3), (4, 3, 3, 2), stride=(2, 3), padding=(1, 0), dilation=(2, 1),
         groups=2, output_padding=(1, 2), second=True)
    conv("conv_transpose1d_groups_dilation", (2, 4, 3), (4, 1, 3), stride=(3,), padding=(2,), dilation=(2,), groups=2,
         output_padding=(2,), second=True)
    conv("conv_transpose2d_1x1", (2, 3, 2, 2), (3, 4, 1, 1), stride=(2, 2), output_padding=(1, 0))
    for name, sides in (("conv2d_sided", (2, 0, 1, 3)), ("conv2d_one_side", (0, 1, 0, 0))):
        # Left, right, top, bottom, as F.pad has them.
        case(name, "conv2d_sided", {"sides": list(sides), "stride": [1, 2]}, [inp(1, 2, 3, 4), inp(2, 2, 3, 2)],
             lambda a, w: F.conv2d(F.pad(a, sides), w, stride=(1, 2)), second=True)


def pools_and_resizes():
    def max_pool(name, x, kernel, stride, padding=(0, 0), dilation=(1, 1), ceil_mode=False, second=False):
        p = {"kernel_size": list(kernel), "stride": list(stride), "padding": list(padding),
             "dilation": list(dilation), "ceil_mode": ceil_mode}
        case(name, "max_pool2d", p, [inp(*x)], lambda a: F.max_pool2d(a, **p), second=second)

    def avg_pool(name, x, kernel, stride, padding=(0, 0), ceil_mode=False, count_include_pad=True, second=False):
        p = {"kernel_size": list(kernel), "stride": list(stride), "padding": list(padding),
             "ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
        case(name, "avg_pool2d", p, [inp(*x)], lambda a: F.avg_pool2d(a, **p), second=second)

    max_pool("max_pool2d_k2s2", (1, 2, 4, 6), (2, 2), (2, 2))
    max_pool("max_pool2d_overlap_pad", (1, 2, 5, 6), (3, 3), (2, 2), (1, 1), second=True)
    max_pool("max_pool2d_dilation_asymmetric", (1, 1, 6, 8), (2, 3), (1, 2), (1, 1), (2, 2))
    max_pool("max_pool2d_ceil", (1, 1, 5, 6), (2, 2), (2, 2), ceil_mode=True)
    avg_pool("avg_pool2d_k2s2_remainder", (1, 2, 5, 4), (2, 2), (2, 2))
    avg_pool("avg_pool2d_include_pad", (1, 1, 5, 6), (3, 3), (2, 2), (1, 1), second=True)
    avg_pool("avg_pool2d_exclude_pad", (1, 1, 5, 6), (3, 3), (2, 2), (1, 1), count_include_pad=False)
    avg_pool("avg_pool2d_asymmetric", (1, 1, 4, 6), (2, 3), (1, 2), (1, 0))
    max_pool("max_pool2d_batch", (2, 3, 4, 5), (2, 2), (1, 2), second=True)
    max_pool("max_pool2d_global", (2, 2, 3, 4), (3, 4), (1, 1))
    avg_pool("avg_pool2d_global", (2, 2, 3, 4), (3, 4), (1, 1))
    avg_pool("avg_pool2d_stride_over_kernel", (1, 2, 7, 8), (2, 1), (3, 4), second=True)
    case("adaptive_avg_pool2d", "adaptive_avg_pool2d", {"output_size": [3, 2]}, [inp(1, 2, 5, 4)],
         lambda a: F.adaptive_avg_pool2d(a, (3, 2)))

    def resize(name, x, size, mode, align_corners=None, second=False):
        p = {"size": list(size), "mode": mode, "align_corners": align_corners}
        case(name, "interpolate", p, [inp(*x)], lambda a: F.interpolate(a, **p), second=second)

    resize("nearest_up_x2", (1, 2, 2, 3), (4, 6), "nearest")
    resize("nearest_up_fraction", (1, 1, 3, 4), (5, 7), "nearest")
    resize("nearest_down_fraction", (1, 1, 7, 5), (3, 4), "nearest")
    resize("nearest_down_and_up", (2, 1, 6, 3), (4, 5), "nearest", second=True)
    resize("bilinear_half_pixel_batch", (2, 2, 3, 3), (2, 6), "bilinear", False)
    resize("bilinear_align_corners_batch", (2, 2, 3, 2), (6, 5), "bilinear", True, second=True)
    for align, tag in ((False, "half_pixel"), (True, "align_corners")):
        resize(f"bilinear_{tag}_up_x2", (1, 2, 2, 3), (4, 6), "bilinear", align)
        resize(f"bilinear_{tag}_up_fraction", (1, 1, 3, 4), (5, 7), "bilinear", align, second=not align)
        resize(f"bilinear_{tag}_down_fraction", (1, 1, 7, 5), (3, 4), "bilinear", align)
        resize(f"bilinear_{tag}_to_1", (1, 1, 3, 4), (1, 3), "bilinear", align)


def norms():
    def bn_train(name, x, affine=True, second=False):
        rm, rv = torch.zeros(x[1], dtype=torch.float64), torch.ones(x[1], dtype=torch.float64)
        inputs = [inp(*x)] + ([inp(x[1], scale=0.5, shift=1.0), inp(x[1])] if affine else [])
        case(name, "batch_norm", {"training": True, "momentum": 0.1, "eps": 1e-5}, inputs,
             lambda a, w=None, b=None: F.batch_norm(a, rm, rv, w, b, True, 0.1, 1e-5), second=second,
             extra=lambda: {"running_mean": rm, "running_var": rv})

    bn_train("batch_norm_train", (3, 2, 2, 3), second=True)
    bn_train("batch_norm_train_2d", (5, 3))
    bn_train("batch_norm_train_no_affine", (2, 3, 2, 2), affine=False)
    case("batch_norm_eval", "batch_norm", {"training": False, "momentum": 0.1, "eps": 1e-5},
         [inp(2, 3, 2, 2), inp(3, scale=0.5, shift=1.0), inp(3)],
         lambda a, w, b, rm, rv: F.batch_norm(a, rm, rv, w, b, False, 0.1, 1e-5),
         consts=[inp(3, scale=0.5), inp(3, scale=0.5, shift=1.0)], second=True)
    case("layer_norm", "layer_norm", {"normalized_shape": [5], "eps": 1e-5},
         [inp(4, 5), inp(5, scale=0.5, shift=1.0), inp(5)],
         lambda a, w, b: F.layer_norm(a, [5], w, b, 1e-5), second=True)
    case("layer_norm_two_axes", "layer_norm", {"normalized_shape": [3, 4], "eps": 1e-3},
         [inp(3, 3, 4), inp(3, 4, scale=0.5, shift=1.0), inp(3, 4)],
         lambda a, w, b: F.layer_norm(a, [3, 4], w, b, 1e-3))
    case("layer_norm_no_affine", "layer_norm", {"normalized_shape": [6], "eps": 1e-5}, [inp(3, 6)],
         lambda a: F.layer_norm(a, [6], None, None, 1e-5))
    case("instance_norm", "instance_norm", {"eps": 1e-5}, [inp(2, 3, 3, 2)],
         lambda a: F.instance_norm(a, eps=1e-5), second=True)
    case("instance_norm_affine", "instance_norm", {"eps": 1e-5},
         [inp(2, 3, 2, 3), inp(3, scale=0.5, shift=1.0), inp(3)],
         lambda a, w, b: F.instance_norm(a, weight=w, bias=b, eps=1e-5))
    case("group_norm", "group_norm", {"num_groups": 2, "eps": 1e-5},
         [inp(2, 4, 2, 3), inp(4, scale=0.5, shift=1.0), inp(4)],
         lambda a, w, b: F.group_norm(a, 2, w, b, 1e-5), second=True)
    case("group_norm_1d", "group_norm", {"num_groups": 3, "eps": 1e-5},
         [inp(3, 6), inp(6, scale=0.5, shift=1.0), inp(6)],
         lambda a, w, b: F.group_norm(a, 3, w, b, 1e-5))
    bn_train("batch_norm_train_sequences", (3, 2, 5), second=True)
    case("layer_norm_images", "layer_norm", {"normalized_shape": [2, 2, 3], "eps": 1e-5},
         [inp(3, 2, 2, 3), inp(2, 2, 3, scale=0.5, shift=1.0), inp(2, 2, 3)],
         lambda a, w, b: F.layer_norm(a, [2, 2, 3], w, b, 1e-5), second=True)
    case("instance_norm_sequences", "instance_norm", {"eps": 1e-2},
         [inp(2, 3, 5), inp(3, scale=0.5, shift=1.0), inp(3)],
         lambda a, w, b: F.instance_norm(a, weight=w, bias=b, eps=1e-2), second=True)
    case("group_norm_one_group", "group_norm", {"num_groups": 1, "eps": 1e-3}, [inp(2, 3, 2, 2)],
         lambda a: F.group_norm(a, 1, eps=1e-3), second=True)


def reductions():
    for dim in (0, 1, -1):
        case(f"softmax_dim{dim}", "softmax", {"dim": dim}, [inp(3, 4, 2, scale=3.0)],
             lambda a: F.softmax(a, dim), second=dim == 1)
        case(f"log_softmax_dim{dim}", "log_softmax", {"dim": dim}, [inp(3, 4, 2, scale=3.0)],
             lambda a: F.log_softmax(a, dim), second=dim == -1)

    def reduce(name, op, p, x, second=False):
        case(name, op, p, [x], lambda a: getattr(torch, op)(a, **p), second=second)

    reduce("logsumexp", "logsumexp", {"dim": [1], "keepdim": False}, inp(4, 5, scale=3.0), second=True)
    reduce("logsumexp_two_axes", "logsumexp", {"dim": [0, 2], "keepdim": True}, inp(3, 4, 2, scale=3.0))
    reduce("logsumexp_large", "logsumexp", {"dim": [0], "keepdim": False}, inp(5, 3, scale=900.0))
    case("log_softmax_large", "log_softmax", {"dim": 1}, [inp(3, 4, scale=900.0)], lambda a: F.log_softmax(a, 1))
    reduce("var_all", "var", {"dim": [0, 1, 2], "correction": 1, "keepdim": False}, inp(2, 3, 4), second=True)
    reduce("var_unbiased", "var", {"dim": [1], "correction": 1, "keepdim": False}, inp(3, 5), second=True)
    reduce("var_biased", "var", {"dim": [0, 2], "correction": 0, "keepdim": True}, inp(3, 4, 2))
    reduce("std", "std", {"dim": [0], "correction": 1, "keepdim": False}, inp(5, 3))
    reduce("sum", "sum", {"dim": [0, 2], "keepdim": False}, inp(3, 4, 2))
    reduce("mean", "mean", {"dim": [1], "keepdim": True}, inp(3, 4, 2))
    reduce("amax", "amax", {"dim": [1], "keepdim": False}, inp(3, 4, 2))
    reduce("amin", "amin", {"dim": [0, 1], "keepdim": True}, inp(3, 4, 2))
    reduce("amax_ties", "amax", {"dim": [1], "keepdim": False}, inp(2, 3, scale=0.0))
    reduce("amin_ties", "amin", {"dim": [0, 1], "keepdim": False}, inp(2, 3, scale=0.0))
    case("norm_l2", "norm", {"p": 2, "dim": [1, 2], "keepdim": False}, [inp(3, 2, 4)],
         lambda a: torch.linalg.vector_norm(a, 2, (1, 2)), second=True)


def losses():
    for reduction in ("mean", "sum", "none"):
        js, target = index([5], [2, 0, 3, 3, 1])
        case(f"cross_entropy_{reduction}", "cross_entropy",
             {"target": js, "reduction": reduction, "label_smoothing": 0.0}, [inp(5, 4, scale=3.0)],
             lambda a: F.cross_entropy(a, target, reduction=reduction), second=reduction == "mean")
        case(f"bce_with_logits_{reduction}", "bce_with_logits", {"reduction": reduction}, [inp(3, 4, scale=5.0)],
             lambda a, y: F.binary_cross_entropy_with_logits(a, y, reduction=reduction),
             consts=[inp(3, 4, scale=0.5, shift=0.5)], second=reduction == "mean")
    js, target = index([5], [2, 0, 3, 3, 1])
    case("cross_entropy_label_smoothing", "cross_entropy",
         {"target": js, "reduction": "mean", "label_smoothing": 0.1}, [inp(5, 4, scale=3.0)],
         lambda a: F.cross_entropy(a, target, label_smoothing=0.1))
    js2, target2 = index([2, 2, 2], [0, 2, 1, 1, 2, 0, 0, 1])
    case("cross_entropy_pixels", "cross_entropy",
         {"target": js2, "reduction": "mean", "label_smoothing": 0.0}, [inp(2, 3, 2, 2, scale=3.0)],
         lambda a: F.cross_entropy(a, target2))
    for reduction in ("mean", "sum"):
        tag = "" if reduction == "mean" else "_sum"
        case("mse_loss" + tag, "mse_loss", {"reduction": reduction}, [inp(3, 4), inp(3, 4)],
             lambda a, b: F.mse_loss(a, b, reduction=reduction), second=True)
        case("l1_loss" + tag, "l1_loss", {"reduction": reduction}, [inp(3, 4), inp(3, 4)],
             lambda a, b: F.l1_loss(a, b, reduction=reduction))
    case("bce_with_logits_far", "bce_with_logits", {"reduction": "mean"}, [inp(3, 4, scale=700.0)],
         F.binary_cross_entropy_with_logits, consts=[inp(3, 4, scale=0.5, shift=0.5)])
    kl_losses()
    gan_losses()
    penalties()


def kl_losses():
    def kl(mu, logvar):
        prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
        terms = torch.distributions.kl_divergence(torch.distributions.Normal(mu, (logvar / 2).exp()), prior)
        return terms.flatten(1).sum(1).mean()

    case("kl_standard_normal", "kl_standard_normal", {}, [inp(3, 4), inp(3, 4, scale=2.0)], kl, second=True)
    case("kl_standard_normal_images", "kl_standard_normal", {}, [inp(2, 2, 3, 2), inp(2, 2, 3, 2)], kl)
    case("reparameterize", "reparameterize", {}, [inp(3, 4), inp(3, 4, scale=2.0)],
         lambda mu, logvar, eps: torch.distributions.Normal(mu, (logvar / 2).exp()).loc + (logvar / 2).exp() * eps,
         consts=[inp(3, 4, scale=2.0)], second=True)


def gan_losses():
    bce = F.binary_cross_entropy_with_logits
    one, zero = torch.ones_like, torch.zeros_like
    discriminators = {
        "non-saturating": lambda r, f: bce(r, one(r)) + bce(f, zero(f)),
        "minimax": lambda r, f: bce(r, one(r)) + bce(f, zero(f)),
        "least-squares": lambda r, f: (F.mse_loss(r, one(r)) + F.mse_loss(f, zero(f))) / 2,
        "hinge": lambda r, f: F.relu(1 - r).mean() + F.relu(1 + f).mean(),
        "wasserstein": lambda r, f: f.mean() - r.mean(),
    }
    generators = {
        "non-saturating": lambda f: bce(f, one(f)),
        "minimax": lambda f: -bce(f, zero(f)),
        "least-squares": lambda f: F.mse_loss(f, one(f)) / 2,
        "hinge": lambda f: -f.mean(),
        "wasserstein": lambda f: -f.mean(),
    }
    smooth = ("non-saturating", "minimax", "least-squares")
    for loss, f in discriminators.items():
        case(f"discriminator_{loss}", "discriminator_loss", {"loss": loss},
             [inp(5, 1, scale=3.0), inp(4, 1, scale=3.0)], f, second=loss in smooth)
    for loss, f in generators.items():
        case(f"generator_{loss}", "generator_loss", {"loss": loss}, [inp(2, 1, 2, 2, scale=3.0)], f,
             second=loss in smooth)


def penalties():
    """Their second order is a third derivative of the critic `tanh(x W) w`."""
    def slopes(x, w, v):
        x = x.detach().requires_grad_()
        return torch.autograd.grad((torch.tanh(x @ w) @ v).sum(), x, create_graph=True)[0]

    seed = 5
    share = Key(seed).uniform(3).reshape(3, 1)

    def wgan_gp(w, v, real, fake):
        g = slopes(share * real + (1 - share) * fake, w, v)
        return ((g.square().sum(1) + 1e-12).sqrt() - 1).square().mean()

    case("gradient_penalty", "gradient_penalty", {"seed": seed}, [inp(4, 5), inp(5, 1)], wgan_gp,
         consts=[inp(3, 4), inp(3, 4)], second=True)
    case("r1_penalty", "r1_penalty", {}, [inp(4, 5), inp(5, 1)],
         lambda w, v, real: slopes(real, w, v).square().sum(1).mean(), consts=[inp(3, 4)], second=True)


def pads_and_indexing():
    def pad(name, x, pads, mode, value=0.0, second=False):
        p = {"pad": list(pads), "mode": mode, "value": value}
        case(name, "pad", p, [inp(*x)],
             lambda a: F.pad(a, pads, mode, value) if mode == "constant" else F.pad(a, pads, mode), second=second)

    pad("pad_reflect", (1, 2, 3, 4), (2, 1, 1, 2), "reflect", second=True)
    pad("pad_reflect_1d", (1, 2, 5), (4, 2), "reflect")
    pad("pad_replicate", (1, 2, 2, 3), (2, 1, 0, 3), "replicate")
    pad("pad_constant", (1, 2, 3, 2), (1, 2, 0, 1), "constant", 0.75)
    pad("pad_constant_crop", (1, 2, 4, 3), (-1, 2, 1, -2), "constant", -0.5)

    pad("pad_replicate_1d", (2, 2, 4), (3, 1), "replicate", second=True)
    pad("pad_constant_one_side", (2, 3), (0, 2), "constant", -1.5, second=True)

    js, i = index([3, 2], [2, 0, 1, 1, 2, 2])
    case("gather_dim1", "gather", {"dim": 1, "index": js}, [inp(3, 4)], lambda a: a.gather(1, i))
    js0, i0 = index([3, 3], [3, 0, 1, 3, 3, 0, 3, 2, 1])
    case("gather_dim0", "gather", {"dim": 0, "index": js0}, [inp(4, 3)], lambda a: a.gather(0, i0))
    js1, i1 = index([3, 4], [2, 0, 2, 2, 1, 1, 4, 0, 3, 2, 1, 0])
    case("scatter_add_dim1", "scatter_add", {"dim": 1, "index": js1}, [inp(3, 5), inp(3, 4)],
         lambda a, b: a.scatter_add(1, i1, b))
    js3, i3 = index([4, 2], [1, 1, 0, 2, 1, 2, 1, 0])
    case("scatter_add_dim0", "scatter_add", {"dim": 0, "index": js3}, [inp(3, 2), inp(4, 2)],
         lambda a, b: a.scatter_add(0, i3, b))
    js4, i4 = index([4], [2, 0, 2, 1])
    case("index_select_dim0", "index_select", {"dim": 0, "index": js4}, [inp(4, 3)], lambda a: a.index_select(0, i4))
    case("index_select_dim1", "index_select", {"dim": 1, "index": js4}, [inp(2, 3, 2)], lambda a: a.index_select(1, i4))
    js5, i5 = index([2, 3], [4, 0, 4, 1, 4, 2])
    case("embedding", "embedding", {"index": js5}, [inp(6, 3)], lambda w: F.embedding(i5, w))

    js6, i6 = index([2, 2, 2], [1, 0, 2, 2, 0, 0, 1, 2])
    case("gather_three_axes", "gather", {"dim": 1, "index": js6}, [inp(2, 3, 2)], lambda a: a.gather(1, i6), second=True)
    case("scatter_add_three_axes", "scatter_add", {"dim": 1, "index": js6}, [inp(2, 3, 2), inp(2, 2, 2)],
         lambda a, b: a.scatter_add(1, i6, b), second=True)
    js7, i7 = index([3], [1, 1, 0])
    case("index_select_last", "index_select", {"dim": 2, "index": js7}, [inp(2, 2, 3)], lambda a: a.index_select(2, i7))
    js8, i8 = index([2, 1, 2], [0, 2, 2, 2])
    case("embedding_three_axes", "embedding", {"index": js8}, [inp(3, 4)], lambda w: F.embedding(i8, w), second=True)


def layouts():
    """Views, each multiplied by something, so that they matter in second order."""
    def view(name, x, f, second=True, **params):
        case(name, name, params, x, f, second=second)

    view("permute", [inp(2, 3, 4)], lambda a: a.permute(2, 0, 1), order=[2, 0, 1])
    view("transposed_square", [inp(3, 3)], lambda a: a * a.transpose(0, 1))
    view("flip", [inp(2, 3, 2)], lambda a: a * a.flip(1), dim=1)
    view("concat", [inp(2, 2, 3), inp(2, 1, 3), inp(2, 3, 3)], lambda *a: torch.cat(a, 1), dim=1)
    view("stack", [inp(2, 3), inp(2, 3)], lambda *a: torch.stack(a, -1), dim=-1)
    view("slice", [inp(3, 7)], lambda a: a[:, 1:6:2] * a[:, 2:7:2], start=[1, 2], length=3, step=2)
    view("split", [inp(2, 5)], lambda a: a.split([2, 1, 2], 1)[0] * a.split([2, 1, 2], 1)[2], lengths=[2, 1, 2])
    view("expand", [inp(2, 1, 3)], lambda a: a.expand(4, 2, 2, 3), to=[4, 2, 2, 3])
    js, mask = index([2, 3], [1, 0, 0, 1, 0, 1])
    view("where", [inp(2, 3), inp(3)], lambda a, b: torch.where(mask > 0, a * b, b.exp()), mask=js)


def products():
    def matmul(name, a, b, second=False):
        case(name, "matmul", {}, [inp(*a), inp(*b)], torch.matmul, second=second)

    matmul("matmul", (3, 4), (4, 5), second=True)
    matmul("matmul_batched", (2, 3, 4), (2, 4, 2))
    matmul("matmul_broadcast", (2, 1, 3, 4), (3, 4, 2), second=True)
    matmul("matmul_batch_by_matrix", (2, 3, 4), (4, 2))
    matmul("matmul_matrix_by_vector", (3, 4), (4,))
    matmul("matmul_vector_by_batch", (3,), (2, 3, 4))
    case("linear", "linear", {}, [inp(3, 4), inp(2, 4), inp(2)], F.linear, second=True)


def elementwise():
    def unary(op, f, x=None, second=False, name=None, **params):
        case(name or op, op, params, [x or inp(12, scale=2.5)], f, second=second)

    positive = inp(12, scale=1.4, shift=1.6)
    unary("exp", torch.exp, second=True)
    unary("log", torch.log, positive, second=True)
    unary("sqrt", torch.sqrt, positive, second=True)
    unary("rsqrt", torch.rsqrt, positive, second=True)
    unary("reciprocal", torch.reciprocal, positive, second=True)
    unary("tanh", torch.tanh, second=True)
    unary("sigmoid", torch.sigmoid, inp(12, scale=6.0), second=True)
    unary("relu", torch.relu, second=True)
    unary("leaky_relu", lambda a: F.leaky_relu(a, 0.2), second=True, negative_slope=0.2)
    unary("elu", lambda a: F.elu(a, 1.0), second=True, alpha=1.0)
    unary("softplus", F.softplus, inp(12, scale=6.0), second=True)
    unary("silu", F.silu, second=True)
    unary("gelu", F.gelu, second=True, approximate="none")
    unary("gelu", lambda a: F.gelu(a, approximate="tanh"), second=True, name="gelu_tanh", approximate="tanh")
    unary("abs", torch.abs)
    unary("sin", torch.sin, second=True)
    unary("cos", torch.cos)
    unary("erf", torch.erf, second=True)
    unary("clamp", lambda a: a.clamp(-1.0, 0.5), min=-1.0, max=0.5)
    unary("expm1", torch.expm1, second=True)
    unary("log1p", torch.log1p, positive, second=True)
    unary("square", torch.square, second=True)
    unary("sigmoid", torch.sigmoid, inp(12, scale=60.0), name="sigmoid_far")
    unary("softplus", F.softplus, inp(12, scale=19.0), second=True, name="softplus_far")
    unary("pow_scalar", lambda a: a**3.0, second=True, name="pow_cube", exponent=3.0)
    unary("pow_scalar", lambda a: a**2.5, positive, second=True, name="pow_fraction", exponent=2.5)
    unary("pow_scalar", lambda a: a**-1.5, positive, name="pow_negative", exponent=-1.5)

    def binary(op, f, a, b, second=False, name=None):
        case(name or op, op, {}, [a, b], f, second=second)

    binary("pow", torch.pow, inp(3, 4, scale=0.9, shift=1.2), inp(4, scale=2.0), second=True)
    binary("add", torch.add, inp(3, 1, 2), inp(4, 1))
    binary("sub", torch.sub, inp(2, 3), inp(1, 3))
    binary("mul", torch.mul, inp(3, 1, 2), inp(4, 1), second=True)
    binary("div", torch.div, inp(3, 4), inp(3, 1, scale=0.5, shift=1.0), second=True)
    # Where a = 0 the derivative for the exponent is 0, and the other one is 0, 1 or infinite.
    zero = inp(3, 1, scale=0.0)
    binary("pow", torch.pow, zero, inp(3, 4, scale=0.9, shift=2.0), name="pow_of_zero")
    binary("pow", torch.pow, zero, inp(3, 1, scale=0.0), name="pow_of_zero_by_zero")
    binary("maximum", torch.maximum, zero, inp(3, 4, scale=0.0), name="maximum_ties")
    binary("minimum", torch.minimum, zero, inp(3, 4, scale=0.0), name="minimum_ties")
    binary("maximum", torch.maximum, inp(3, 4), inp(3, 4))
    binary("maximum", torch.maximum, inp(3, 4), inp(4), name="maximum_broadcast")
    binary("minimum", torch.minimum, inp(3, 4), inp(3, 1))


def attention():
    def attend(name, q, k, v, second=False, mask=None, **params):
        scale = params.get("scale")
        p = {"causal": params.get("causal", False), "scale": scale}
        if mask is not None:
            p["mask"], mask = mask
            mask = mask > 0
        heads = q[-3] != k[-3]
        case(name, "attention", p, [inp(*q), inp(*k), inp(*v)],
             lambda q, k, v: F.scaled_dot_product_attention(
                 q, k, v, attn_mask=mask, is_causal=p["causal"], scale=scale, enable_gqa=heads), second=second)

    attend("attention", (2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3), second=True)
    attend("attention_causal", (1, 2, 4, 3), (1, 2, 4, 3), (1, 2, 4, 2), causal=True)
    attend("attention_causal_fewer_queries", (1, 1, 2, 3), (1, 1, 4, 3), (1, 1, 4, 2), causal=True)
    attend("attention_mask", (1, 2, 2, 3), (1, 2, 3, 3), (1, 2, 3, 2), scale=0.7,
           mask=index([2, 3], [1, 0, 1, 1, 1, 0]), second=True)
    attend("attention_grouped", (2, 4, 3, 2), (2, 2, 3, 2), (2, 2, 3, 2))


def cross_entropies():
    def loss(name, x, labels, reduction="mean", second=False, weight=None, ignored=None, smoothing=0.0):
        js, target = index(labels[0], labels[1])
        p = {"target": js, "reduction": reduction, "label_smoothing": smoothing, "ignored": ignored, "weight": weight}
        w = None if weight is None else torch.tensor(weight, dtype=torch.float64)
        case(name, "cross_entropy", p, [inp(*x, scale=3.0)],
             lambda a: F.cross_entropy(a, target, w, reduction=reduction, label_smoothing=smoothing,
                                       ignore_index=-100 if ignored is None else ignored), second=second)

    labels, weight = ([5], [2, 0, 3, 3, 1]), [0.5, 1.0, 2.0, 0.25]
    loss("cross_entropy_weight", (5, 4), labels, weight=weight, second=True)
    loss("cross_entropy_ignored", (5, 4), labels, ignored=3)
    for reduction in ("mean", "sum", "none"):
        loss(f"cross_entropy_everything_{reduction}", (5, 4), labels, reduction, weight=weight, ignored=3, smoothing=0.1)
    loss("cross_entropy_pixels_everything", (2, 3, 2, 2), ([2, 2, 2], [0, 2, 1, 1, 2, 0, 0, 1]),
         weight=[0.5, 1.0, 2.0], ignored=1, smoothing=0.2)


def running_and_ordered():
    def op(name, x, f, second=False, op=None, **params):
        case(name, op or name, params, x if isinstance(x, list) else [x], f, second=second)

    op("cumsum", inp(2, 5), lambda a: a.cumsum(1), dim=1, second=True)
    op("cumprod", inp(2, 5), lambda a: a.cumprod(1), dim=1, second=True)
    # Half of the elements are 0: those of one sign.
    relu = lambda f: lambda a: f(F.relu(a))
    op("cumprod_zeros", inp(3, 5), relu(lambda a: a.cumprod(1)), dim=1)
    op("prod", inp(3, 5), lambda a: a.prod(1), dim=1, second=True)
    op("prod_zeros", inp(6, 3), relu(lambda a: a.prod(1)), dim=1)
    op("sort", inp(3, 5), lambda a: a.sort(1, descending=True)[0], dim=1, descending=True)
    op("topk", inp(3, 5), lambda a: a.topk(2, 0)[0], dim=0, k=2)
    op("tril", inp(2, 3, 4), lambda a: a.tril(-1), diagonal=-1)
    op("triu", inp(2, 3, 4), lambda a: a.triu(1), diagonal=1)
    js, i = index([3, 2], [2, 0, 4, 1, 0, 3])
    op("scatter", [inp(3, 5), inp(3, 2)], lambda a, b: a.scatter(1, i, b), dim=1, index=js, second=True)
    js2, i2 = index([3, 4], [2, 0, 2, 2, 1, 1, 4, 0, 3, 2, 1, 0])
    op("scatter_max", [inp(3, 5), inp(3, 4)], lambda a, b: a.scatter_reduce(1, i2, b, "amax"), dim=1, index=js2)
    js3, i3 = index([4], [2, 0, 2, 1])
    op("index_add", [inp(3, 2), inp(4, 2)], lambda a, b: a.index_add(0, i3, b), dim=0, index=js3)
    op("std_keepdim", inp(3, 5), lambda a: a.std(1, keepdim=True), op="std", dim=[1], correction=1)
    for p in (1, 2, 3, float("inf")):
        op(f"vector_norm_{p}", inp(3, 5), lambda a: torch.linalg.vector_norm(a, p, 1), op="vector_norm", dim=[1],
           p=str(p), second=p == 2)
    op("normalize", inp(3, 5), lambda a: F.normalize(a, dim=1, eps=1e-6), dim=[1], eps=1e-6, second=True)
    op("rms_norm", [inp(3, 5), inp(5)], lambda a, w: F.rms_norm(a, (5,), w, 1e-5), eps=1e-5, second=True)
    op("repeat_interleave", inp(2, 3), lambda a: a.repeat_interleave(2, 1), dim=1, count=2)
    op("tile", inp(2, 3), lambda a: a.tile(2, 1, 2), counts=[2, 1, 2])
    op("einsum", [inp(2, 3, 4), inp(2, 5, 4)], lambda a, b: torch.einsum("bij,bkj->bki", a, b), equation="bij,bkj->bki",
       second=True)
    op("einsum_three", [inp(2, 3), inp(3, 3), inp(2)], lambda a, b, c: torch.einsum("ij,jj,i->j", a, b, c),
       equation="ij,jj,i->j", second=True)


def more_images():
    def op(name, x, f, second=False, op=None, **params):
        case(name, op or name, params, x if isinstance(x, list) else [x], f, second=second)

    op("pixel_shuffle", inp(2, 8, 2, 3), lambda a: F.pixel_shuffle(a, 2), factor=2)
    op("pixel_unshuffle", inp(2, 2, 4, 6), lambda a: F.pixel_unshuffle(a, 2), factor=2)
    w = {"kernel_size": [2, 3], "stride": [2, 1], "padding": [1, 2], "dilation": [1, 2], "ceil_mode": False}
    u = {k: v for k, v in w.items() if k != "ceil_mode"}
    op("unfold", inp(1, 2, 5, 6), lambda a: F.unfold(a, **u), second=True, **w)
    op("fold", inp(1, 12, 18), lambda a: F.fold(a, (5, 6), **u), size=[5, 6], **w)
    for include in (True, False):
        p = {"kernel_size": [3, 2], "stride": [2, 2], "padding": [1, 1], "ceil_mode": True, "count_include_pad": include}
        op(f"avg_pool2d_ceil_{include}", inp(1, 2, 6, 6), lambda a: F.avg_pool2d(a, **p), op="avg_pool2d", **p)
    p = {"kernel_size": [3, 3], "stride": [2, 2], "padding": [1, 1], "dilation": [1, 1], "ceil_mode": True}
    op("max_pool2d_ceil_padded", inp(1, 2, 6, 6), lambda a: F.max_pool2d(a, **p), op="max_pool2d", **p)

    def resize(name, x, size, mode, second=False, **options):
        p = {"size": list(size), "mode": mode, "align_corners": options.get("align_corners"),
             "antialias": options.get("antialias", False)}
        op(name, inp(*x), lambda a: F.interpolate(a, size=size, mode=mode, **options), op="interpolate", second=second, **p)

    resize("bicubic_up", (1, 2, 3, 4), (5, 7), "bicubic", align_corners=False, second=True)
    resize("bicubic_down", (1, 1, 7, 6), (3, 4), "bicubic", align_corners=False)
    resize("bicubic_align_corners", (1, 1, 3, 4), (6, 5), "bicubic", align_corners=True)
    resize("bicubic_antialiased", (1, 1, 9, 7), (4, 3), "bicubic", align_corners=False, antialias=True)
    resize("bilinear_antialiased", (1, 1, 9, 7), (4, 3), "bilinear", align_corners=False, antialias=True)
    resize("bilinear_antialiased_up", (1, 1, 3, 4), (5, 9), "bilinear", align_corners=False, antialias=True)
    resize("nearest_exact", (1, 1, 7, 5), (3, 8), "nearest-exact")

    def sample(name, mode, padding, align, second=False):
        p = {"mode": mode, "padding_mode": padding, "align_corners": align}
        op(name, [inp(2, 2, 4, 5), inp(2, 3, 2, 2, scale=1.3)], lambda a, g: F.grid_sample(a, g, **p), op="grid_sample",
           second=second, **p)

    # (PyTorch has no second derivatives of these.)
    for padding in ("zeros", "border"):
        for align in (False, True):
            sample(f"grid_sample_{padding}_{align}", "bilinear", padding, align)
    sample("grid_sample_nearest", "nearest", "zeros", False)
    for align in (False, True):
        op(f"affine_grid_{align}", inp(2, 2, 3), lambda t: F.affine_grid(t, (2, 1, 3, 4), align_corners=align),
           op="affine_grid", size=[3, 4], align_corners=align)


def more_elementwise():
    def unary(name, f, x=None, second=True):
        case(name, name, {}, [x or inp(12, scale=2.5)], f, second=second)

    inner = inp(12, scale=0.9)
    for name in ("ceil", "round", "trunc"):
        unary(name, getattr(torch, name), second=False)
    for name in ("asin", "acos"):
        unary(name, getattr(torch, name), inner)
    for name in ("atan", "sinh", "cosh"):
        unary(name, getattr(torch, name))
    unary("tan", torch.tan, inp(12, scale=1.3))
    unary("hardswish", F.hardswish, inp(12, scale=5.0))
    unary("mish", F.mish)
    unary("selu", F.selu)
    unary("softsign", F.softsign)
    case("gelu_tanh_far", "gelu_tanh", {}, [inp(12, scale=8.0)], lambda a: F.gelu(a, approximate="tanh"), second=True)
    case("prelu", "prelu", {}, [inp(2, 3, 2), inp(3)], F.prelu, second=True)
    case("prelu_one", "prelu", {}, [inp(2, 3, 2), inp(1)], F.prelu)
    case("atan2", "atan2", {}, [inp(3, 4), inp(3, 1)], torch.atan2, second=True)


def volumes_and_gammas():
    pools = {"kernel_size": (2, 2, 3), "stride": (1, 2, 2), "padding": (1, 1, 1)}
    case("avg_pool3d", "avg_pool3d", {k: list(v) for k, v in pools.items()}, [inp(2, 2, 3, 4, 5)],
         lambda a: F.avg_pool3d(a, **pools), second=True)
    case("max_pool3d", "max_pool3d", {k: list(v) for k, v in pools.items()}, [inp(2, 2, 3, 4, 5)],
         lambda a: F.max_pool3d(a, **pools))
    for align in (False, True):
        p = {"mode": "bilinear", "padding_mode": "reflection", "align_corners": align}
        case(f"grid_sample_reflection_{align}", "grid_sample", p, [inp(2, 2, 4, 5), inp(2, 3, 2, 2, scale=2.6)],
             lambda a, g: F.grid_sample(a, g, **p))
    for name, equation, dims in (("einsum_ellipsis", "...ij,...jk->...ik", [(2, 1, 2, 3), (3, 3, 2)]),
                                 ("einsum_ellipsis_alone", "i...,...i", [(2, 3, 2), (3, 2, 2)])):
        case(name, "einsum", {"equation": equation}, [inp(*d) for d in dims],
             lambda a, b: torch.einsum(equation, a, b), second=True)
    # PyTorch's trigamma, a derivative of both, has nine digits for small numbers.
    case("lgamma", "lgamma", {}, [inp(12, scale=3.0, shift=3.3)], torch.lgamma)
    case("lgamma_negative", "lgamma", {}, [inp(6, scale=0.4, shift=-2.5)], torch.lgamma)
    case("lgamma_large", "lgamma", {}, [inp(6, scale=20.0, shift=35.0)], torch.lgamma, second=True)
    case("digamma", "digamma", {}, [inp(12, scale=3.0, shift=11.0)], torch.digamma, second=True)
    case("digamma_large", "digamma", {}, [inp(6, scale=20.0, shift=35.0)], torch.digamma, second=True)


def make():
    CASES.clear()
    # A case's numbers depend on its place: new groups go to the end.
    for group in (convs, pools_and_resizes, norms, reductions, losses, pads_and_indexing, layouts, products, elementwise,
                  attention, cross_entropies, running_and_ordered, more_images, more_elementwise, volumes_and_gammas):
        group()
    names = [c["name"] for c in CASES]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    write_json("ops.json", {
        "hash_check": {"dims": [4], "salt": 1000, "scale": 1.0, "values": flat(hash_fill([4], 1000))},
        "cases": CASES})
