"""Variational autoencoders of dense layers: likelihoods by themselves, and trainings of each kind.

Likelihoods and divergences are torch.distributions' where it has them; the others are sums and logarithms of the formulas as
they stand in the papers, without the forms that kiln computes them in.
"""
import math

import torch
from torch import nn
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence
from torch.nn.functional import one_hot

from common import fill_params, grad_norm, hash_fill, sums, write_json

LOWEST_LOG_SIGMA, LOWEST_LOG_SCALE = -6.0, -7.0


def log_bernoulli(output, x):
    return x * torch.nn.functional.logsigmoid(output) + (1 - x) * torch.nn.functional.logsigmoid(-output)


def log_gaussian(output, x):
    mean, raw = output.chunk(2, 1)
    log_sigma = LOWEST_LOG_SIGMA + torch.nn.functional.softplus(raw - LOWEST_LOG_SIGMA)
    return Normal(mean, log_sigma.exp()).log_prob(x)


def logistic_bin(mean, log_scale, x):
    """The probability of the byte 255 x, by the difference of two sigmoids."""
    scale = log_scale.clamp(min=LOWEST_LOG_SCALE).exp()
    signed = 2 * x - 1
    cdf = lambda at: torch.sigmoid((at - mean) / scale)
    upper = torch.where(x > 0.999, torch.ones_like(mean), cdf(signed + 1 / 255))
    lower = torch.where(x < 0.001, torch.zeros_like(mean), cdf(signed - 1 / 255))
    return upper - lower


def log_discretised_logistic(output, x):
    mean, log_scale = output.chunk(2, 1)
    return logistic_bin(mean, log_scale, x).log()


def log_logistic_mixture(output, x, components):
    n, _, h, w = output.shape
    weights, means, log_scales = output.reshape(n, 3, components, -1, h, w).unbind(1)
    return (torch.softmax(weights, 1) * logistic_bin(means, log_scales, x[:, None])).sum(1).log()


LIKELIHOODS = {
    "bernoulli": (1, log_bernoulli),
    "gaussian": (2, log_gaussian),
    "discretised-logistic": (2, log_discretised_logistic),
    "logistic-mixture": (9, lambda output, x: log_logistic_mixture(output, x, 3)),
}


def bytes_of(values):
    """Values in [0, 1] at bytes, some of them black and white."""
    return (values * 300 - 20).round().clamp(0, 255) / 255


def likelihood_cases():
    cases = []
    for kind, (factor, log_prob) in LIKELIHOODS.items():
        for number, (channels, side) in enumerate([(1, 28), (3, 32)]):
            dims, out = [2, channels, side, side], [2, factor * channels, side, side]
            x = bytes_of((hash_fill(dims, 50 + number) + 1) / 2)
            # Narrow enough for a share of the values to lie far outside, not so far that the difference of two sigmoids is 0.
            output = hash_fill(out, 60 + number, 1.5).requires_grad_()
            log_p = log_prob(output, x).flatten(1).sum(1)
            slope, = torch.autograd.grad(-log_p.mean(), output)
            if kind == "bernoulli":
                # On binary values torch.distributions has it too.
                binary = (x > 0.5).double()
                want = Independent(Bernoulli(logits=output), 3).log_prob(binary)
                assert torch.allclose(log_bernoulli(output, binary).flatten(1).sum(1), want, rtol=1e-14)
            cases.append({"kind": kind, "dims": dims, "x_salt": 50 + number, "output_salt": 60 + number,
                          "log_prob": log_p.tolist(), "gradient": slope.flatten()[::97].tolist(),
                          "gradient_sums": sums(slope)})
    return cases


def normal(mu, logvar):
    return Independent(Normal(mu, (logvar / 2).exp()), 1)


def divergence_cases():
    mu, logvar, m, l = (hash_fill([5, 4], salt, 1.5).requires_grad_() for salt in range(70, 74))
    eps = hash_fill([5, 4], 74, 1.5)
    standard = kl_divergence(normal(mu, logvar), normal(0 * mu, 0 * mu)).mean()
    between = kl_divergence(normal(mu, logvar), normal(m, l)).mean()
    z = mu + (logvar / 2).exp() * eps
    # The density of each code under each sample's q(z|x), whole and by latents.
    each = Normal(mu[None], (logvar[None] / 2).exp()).log_prob(z[:, None])
    correlation = (each.sum(2).exp().mean(1).log() - each.exp().mean(1).log().sum(1)).mean()
    a, b = hash_fill([6, 3], 75, 1.5).requires_grad_(), hash_fill([6, 3], 76, 1.0)
    discrepancy = 0
    for scale in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        c = 2 * 3 * scale
        kernel = lambda p, q: c / (c + (p - q).square().sum())
        for i in range(6):
            for j in range(6):
                discrepancy = discrepancy - 2 * kernel(a[i], b[j]) / 36
                if i != j:
                    discrepancy = discrepancy + (kernel(a[i], a[j]) + kernel(b[i], b[j])) / 30
    case = lambda name, value, *of: {"name": name, "value": value.item(), "gradients": [
        g.flatten().tolist() for g in torch.autograd.grad(value, of, retain_graph=True)]}
    return [case("kl_standard", standard, mu, logvar), case("kl_between", between, mu, logvar, m, l),
            case("total_correlation", correlation, mu, logvar), case("mmd", discrepancy, a)]


class Masked(nn.Linear):
    def __init__(self, inputs, outputs, reaches):
        super().__init__(inputs, outputs)
        self.mask = torch.tensor([[float(reaches(o, i)) for i in range(inputs)] for o in range(outputs)])

    def forward(self, x):
        return nn.functional.linear(x, self.weight * self.mask.to(x.dtype), self.bias)


class FlowStep(nn.Module):
    def __init__(self, latent, hidden, features):
        super().__init__()
        degree = lambda h: h % max(latent - 1, 1)
        self.input = Masked(latent, hidden, lambda h, i: i <= degree(h))
        self.context = nn.Linear(features, hidden, bias=False)
        self.shift = Masked(hidden, latent, lambda o, h: degree(h) < o)
        self.gate = Masked(hidden, latent, lambda o, h: degree(h) < o)

    def forward(self, z, context):
        h = torch.relu(self.input(z) + self.context(context))
        gate = torch.sigmoid(self.gate(h) + 2.0)
        return gate * z + (1 - gate) * self.shift(h), gate.log().sum(1)


class Levels(nn.Module):
    def __init__(self, above, latent, hidden, features):
        super().__init__()
        self.up = nn.Linear(features, hidden)
        self.mu, self.logvar = nn.Linear(hidden, above), nn.Linear(hidden, above)
        self.down = nn.Linear(above, hidden)
        self.prior_mu, self.prior_logvar = nn.Linear(hidden, latent), nn.Linear(hidden, latent)


class Net(nn.Module):
    """Dense layers each way, with the names of PyTorch's example, and what the posterior takes."""

    def __init__(self, side, latent, hidden, depth, activation, outputs, classes, flow, levels):
        super().__init__()
        self.activation = {"relu": torch.relu, "tanh": torch.tanh}[activation]
        more = lambda: nn.Sequential(*[layer for _ in range(depth - 1) for layer in (
            nn.Linear(hidden, hidden), {"relu": nn.ReLU, "tanh": nn.Tanh}[activation]())])
        pixels = side * side
        self.fc1 = nn.Linear(pixels + classes, hidden)
        self.up = more()
        self.fc21, self.fc22 = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(latent + classes, hidden)
        self.down = more()
        self.fc4 = nn.Linear(hidden, outputs * pixels)
        self.posterior = nn.Module()
        if flow:
            steps = [FlowStep(latent, flow["hidden"], hidden) for _ in range(flow["steps"])]
            self.posterior.flow = nn.Sequential(*steps)
        if levels:
            self.posterior.levels = Levels(levels["above"], latent, levels["hidden"], hidden)
        self.side, self.outputs, self.latent = side, outputs, latent

    def encode(self, x, classes):
        h = self.up(self.activation(self.fc1(torch.cat([x.flatten(1)] + classes, 1))))
        return h, self.fc21(h), self.fc22(h)

    def decode(self, z, classes):
        h = self.down(self.activation(self.fc3(torch.cat([z] + classes, 1))))
        return self.fc4(h).view(-1, self.outputs, self.side, self.side)


def draw(net, x, noise, classes):
    """Codes of one draw, ln q - ln p of each sample, the closed divergence if there is one, and mean and log variance."""
    h, mu, logvar = net.encode(x, classes)
    zero = torch.zeros_like(mu)
    if hasattr(net.posterior, "levels"):
        levels = net.posterior.levels
        above = levels.mu.out_features
        up = torch.relu(levels.up(h))
        q_u = normal(levels.mu(up), levels.logvar(up))
        u = q_u.mean + q_u.stddev * noise[:, :above]
        down = torch.relu(levels.down(u))
        p_z = normal(levels.prior_mu(down), levels.prior_logvar(down))
        a, b = (-logvar).exp(), 1 / p_z.variance
        q_z = normal((mu * a + p_z.mean * b) / (a + b), (1 / (a + b)).log())
        z = q_z.mean + q_z.stddev * noise[:, above:]
        p_u = normal(0 * u, 0 * u)
        ratio = q_u.log_prob(u) + q_z.log_prob(z) - p_u.log_prob(u) - p_z.log_prob(z)
        return z, ratio, kl_divergence(q_u, p_u) + kl_divergence(q_z, p_z), (mu, logvar)
    q, p = normal(mu, logvar), normal(zero, zero)
    z = q.mean + q.stddev * noise
    log_q = q.log_prob(z)
    if hasattr(net.posterior, "flow"):
        for index, step in enumerate(net.posterior.flow):
            z = z.flip(1) if index else z
            z, log_volume = step(z, h)
            log_q = log_q - log_volume
        return z, log_q - p.log_prob(z), None, (mu, logvar)
    return z, log_q - p.log_prob(z), kl_divergence(q, p), (mu, logvar)


def losses(net, x, noise, classes, step, cfg):
    factor, log_prob = LIKELIHOODS[cfg["likelihood"]]
    draws = cfg["draws"]
    log_p, ratios, kls = [], [], []
    for part in noise.chunk(draws, 1):
        z, ratio, kl, (mu, logvar) = draw(net, x, part, classes)
        log_p.append(log_prob(net.decode(z, classes), x).flatten(1).sum(1))
        ratios.append(ratio)
    log_p, ratios = torch.stack(log_p, 1), torch.stack(ratios, 1)
    if draws > 1:
        bound = (torch.logsumexp(log_p - ratios, 1) - math.log(draws)).mean()
        parts = {"reconstruction": -log_p.mean(), "kl_drawn": ratios.mean()}
        return {"neg_iwae": -bound} | parts | {"neg_elbo": parts["reconstruction"] + parts["kl_drawn"]}
    kl_name, kl = ("kl_drawn", ratios.mean()) if kl is None else ("kl", kl.mean())
    rec = -log_p.mean()
    parts = {"reconstruction": rec, kl_name: kl, "neg_elbo": rec + kl}
    risen = lambda steps: min((step + 1) / steps, 1.0) if steps else 1.0
    weight = cfg["kl_weight"] * risen(cfg["kl_warmup"])
    off = (kl - cfg["capacity"]["nats"] * risen(cfg["capacity"]["steps"])).abs() if cfg["capacity"] else kl
    value = rec + weight * off
    if cfg["total_correlation"]:
        each = Normal(mu[None], (logvar[None] / 2).exp()).log_prob(z[:, None])
        term = (each.sum(2).logsumexp(1) - each.logsumexp(1).sum(1)).mean() + (z.shape[1] - 1) * math.log(len(z))
        value = value + cfg["total_correlation"] * term
        parts["total_correlation"] = term
    plain = (weight, cfg["kl_warmup"], cfg["capacity"], cfg["total_correlation"]) == (1.0, 0, None, 0.0)
    return parts if plain else {"loss": value} | parts


DEFAULTS = {"likelihood": "bernoulli", "side": 8, "latent": 4, "hidden": 16, "depth": 1, "activation": "relu", "draws": 1,
            "kl_weight": 1.0, "kl_warmup": 0, "capacity": None, "total_correlation": 0.0, "classes": 0, "flow": None,
            "levels": None}
KINDS = {
    "vae": {},
    "deep": {"depth": 2, "activation": "tanh"},
    "gaussian": {"likelihood": "gaussian"},
    "vae-8bit": {"likelihood": "discretised-logistic"},
    "mixture": {"likelihood": "logistic-mixture"},
    "beta-vae": {"kl_weight": 4.0},
    "warm-up": {"kl_warmup": 6},
    "capacity": {"kl_weight": 30.0, "capacity": {"nats": 5.0, "steps": 7}},
    "beta-tcvae": {"total_correlation": 3.0},
    "cvae": {"classes": 3},
    "iwae": {"draws": 5, "depth": 2, "activation": "tanh"},
    "iaf": {"flow": {"steps": 3, "hidden": 10}},
    "iaf-iwae": {"flow": {"steps": 2, "hidden": 10}, "draws": 3},
    "hvae": {"levels": {"above": 3, "hidden": 12}},
    "hvae-iwae": {"levels": {"above": 3, "hidden": 12}, "draws": 3, "classes": 3},
}


def train(dtype, name, steps, batch):
    cfg = DEFAULTS | KINDS[name]
    factor, _ = LIKELIHOODS[cfg["likelihood"]]
    net = Net(cfg["side"], cfg["latent"], cfg["hidden"], cfg["depth"], cfg["activation"], factor, cfg["classes"],
              cfg["flow"], cfg["levels"]).to(dtype)
    table = fill_params(net.named_parameters(), weight_scale=0.2, bias_scale=0.05)
    opt = torch.optim.Adam(net.parameters(), lr=1e-2)
    code = cfg["latent"] + (cfg["levels"]["above"] if cfg["levels"] else 0)
    lists = {}
    for t in range(steps):
        x = bytes_of((hash_fill([batch, 1, cfg["side"], cfg["side"]], 2000 + t) + 1) / 2).to(dtype)
        noise = hash_fill([batch, cfg["draws"] * code], 3000 + t, 1.5).to(dtype)
        labels = (torch.arange(batch) + t) % cfg["classes"] if cfg["classes"] else None
        classes = [] if labels is None else [one_hot(labels, cfg["classes"]).to(dtype)]
        opt.zero_grad()
        parts = losses(net, x, noise, classes, t, cfg)
        next(parts[name] for name in ("loss", "neg_iwae", "neg_elbo") if name in parts).backward()
        parts["grad_norm"] = torch.tensor(grad_norm(net.parameters()), dtype=torch.float64)
        opt.step()
        for key, value in parts.items():
            lists.setdefault(key, []).append(value.item())
    return cfg, table, lists, {n: sums(v) for n, v in net.state_dict().items()}


def make():
    write_json("likelihoods.json", {"likelihoods": likelihood_cases(), "divergences": divergence_cases()})
    for name in KINDS:
        cfg, table, f64, final = train(torch.float64, name, steps=10, batch=6)
        code = cfg["latent"] + (cfg["levels"]["above"] if cfg["levels"] else 0)
        side, noise = cfg["side"], [6, cfg["draws"] * code]
        write_json(f"variational_{name.replace('-', '_')}.json", {
            "config": cfg | {"steps": 10, "batch": 6, "optimizer": {"kind": "adam", "lr": 1e-2},
                             "x": {"dims": [6, 1, side, side], "salt": "2000+step", "scale": 0.5, "shift": 0.5},
                             "noise": {"dims": noise, "salt": "3000+step", "scale": 1.5}},
            "params": table, "f64": f64, "final": final})
