"""Runs an exported network: onnx.py MODEL SAMPLES RESULTS.

SAMPLES is text: the dims in the first line, then the numbers of a sample in each line. So is RESULTS, without dims.
The file must say what goes in and out, and in which range.
"""

import sys

import numpy
import onnxruntime

model, samples, results = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
with open(samples) as file:
    dims = [int(float(length)) for length in file.readline().split()]
    x = numpy.loadtxt(file, dtype=numpy.float32, ndmin=2).reshape(dims)
(made,) = session.run(None, {session.get_inputs()[0].name: x})
numpy.savetxt(results, made.reshape(len(x), -1), fmt="%.9g")

meta = session.get_modelmeta()
assert meta.producer_name == "kiln" and "after step" in meta.description, meta.description
known = meta.custom_metadata_map
assert known["image_range"] in ("0 1", "-1 1") and int(known["step"]) > 0, known
