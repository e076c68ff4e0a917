"""One training step in TensorFlow, timed.

    python -m tensorflow_peer ROW --threads N [--xla]
"""

import argparse
import os

# Its remarks about the processor would be read as results.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

import tensorflow as tf

from measure import report

from .gan import dcgan, wgangp
from .vae import conv_networks, mlp_networks, vae

# Row: batch size, and how its step is made.
ROWS = {
    "dcgan64": (64, lambda xla, batch: dcgan(xla, batch, size=64, channels=3, width=64)),
    "dcgan32": (128, lambda xla, batch: dcgan(xla, batch, size=32, channels=1, width=32)),
    "convvae": (128, lambda xla, batch: vae(xla, batch, conv_networks)),
    "mlpvae": (128, lambda xla, batch: vae(xla, batch, mlp_networks)),
    "wgangp": (128, wgangp),
}

parser = argparse.ArgumentParser(prog="tensorflow_peer")
parser.add_argument("row", choices=ROWS)
parser.add_argument("--xla", action="store_true")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--seconds", type=float, default=4.0)
options = parser.parse_args()

tf.config.threading.set_intra_op_parallelism_threads(options.threads)
tf.config.threading.set_inter_op_parallelism_threads(options.threads)
batch, make = ROWS[options.row]
report(
    make(options.xla, batch),
    seconds=options.seconds,
    row=options.row,
    batch=batch,
    threads=options.threads,
    version=tf.__version__,
    skips_unneeded_gradients=True if options.row.startswith("dcgan") else None,
)
