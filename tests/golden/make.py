"""Writes the golden files next to this script, from PyTorch on the CPU.

    pip install torch numpy safetensors scipy scikit-image
    python tests/golden/make.py              # all of them
    python tests/golden/make.py ops          # ops.json alone

No data files and no random generator: all inputs come from the hash in common.py. One thread and
deterministic kernels, so two runs on one machine write the same bytes.
"""
import sys

sys.dont_write_bytecode = True

import torch

import adversarial
import adversarial_bodies
import classify
import denoise
import measures
import ops
import vae_conv
import variational

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    makers = {"adversarial": adversarial.make, "adversarial_bodies": adversarial_bodies.make, "classify": classify.make,
              "denoise": denoise.make, "measures": measures.make, "vae_conv": vae_conv.make,
              "variational": variational.make, "ops": ops.make}
    for name in sys.argv[1:] or makers:
        makers[name]()
