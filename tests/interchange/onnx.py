"""Makes images with an exported generator: onnx.py MODEL POINTS IMAGES.

POINTS and IMAGES are text: a point, or an image, of numbers in each line.
"""

import sys

import numpy
import onnxruntime

model, points, images = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
z = numpy.loadtxt(points, dtype=numpy.float32, ndmin=2)
(made,) = session.run(None, {session.get_inputs()[0].name: z})
numpy.savetxt(images, made.reshape(len(z), -1), fmt="%.9g")
