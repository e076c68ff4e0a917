"""One training step in PyTorch, timed.

    python -m pytorch_peer ROW --threads N [--channels-last] [--fused-adam] [--freeze]
"""

import argparse

import torch

from measure import report

from .cyclegan import cyclegan
from .gan import dcgan, wgangp
from .tuning import Tuning
from .vae import ConvVae, MlpVae, iwae, vae

# Row: batch size, and how its step is made.
ROWS = {
    "dcgan64": (64, lambda tuning, batch: dcgan(tuning, batch, size=64, channels=3, width=64)),
    "dcgan32": (128, lambda tuning, batch: dcgan(tuning, batch, size=32, channels=1, width=32)),
    "convvae": (128, lambda tuning, batch: vae(tuning, ConvVae(), torch.rand(batch, 1, 28, 28))),
    "mlpvae": (128, lambda tuning, batch: vae(tuning, MlpVae(), torch.rand(batch, 784))),
    "iwae50": (100, lambda tuning, batch: iwae(tuning, torch.rand(batch, 784), draws=50)),
    "wgangp": (128, wgangp),
    "cyclegan1": (1, cyclegan),
    "cyclegan4": (4, cyclegan),
}

parser = argparse.ArgumentParser(prog="pytorch_peer")
parser.add_argument("row", choices=ROWS)
parser.add_argument("--channels-last", action="store_true")
parser.add_argument("--fused-adam", action="store_true")
parser.add_argument("--freeze", action="store_true", help="freeze D in the step of G")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--seconds", type=float, default=4.0)
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(0)
batch, make = ROWS[options.row]
step = make(Tuning(options.channels_last, options.fused_adam, options.freeze), batch)
frozen = {"dcgan": options.freeze, "cyclegan": True}.get(options.row.rstrip("0123456789"))
report(
    step,
    seconds=options.seconds,
    row=options.row,
    batch=batch,
    threads=options.threads,
    version=torch.__version__.split("+")[0],
    skips_unneeded_gradients=frozen,
)
