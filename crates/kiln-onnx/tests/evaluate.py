"""Runs the ONNX models of a folder with onnxruntime and compares with what kiln computed.

For each NAME.onnx there are calls NAME.0.json, NAME.1.json, ..: {"inputs": {name: array}, "output": array} with
arrays as {"dtype": "float32" or "int64", "dims": [..], "data": [..]}. Prints a line for each call: the name, the
number of the call, and the largest difference as a part of the largest number wanted.
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime


def array(value):
    return numpy.array(value["data"], dtype=value["dtype"]).reshape(value["dims"])


def difference(have, want):
    if have.shape != want.shape or have.dtype != want.dtype:
        raise SystemExit(f"got {have.dtype}{have.shape}, wanted {want.dtype}{want.shape}")
    have, want = have.astype("float64"), want.astype("float64")
    scale = numpy.max(numpy.abs(want), initial=0.0)
    return float(numpy.max(numpy.abs(have - want), initial=0.0) / (scale if scale > 0 else 1.0))


def main(folder):
    for path in sorted(folder.glob("*.onnx")):
        try:
            onnx.checker.check_model(str(path), full_check=True)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            for number, call in enumerate(sorted(folder.glob(f"{path.stem}.*.json"))):
                call = json.loads(call.read_text())
                inputs = {name: array(value) for name, value in call["inputs"].items()}
                (have,) = session.run(None, inputs)
                print(path.stem, number, difference(have, array(call["output"])))
        except Exception as error:
            raise SystemExit(f"{path.stem}: {error}")


main(pathlib.Path(sys.argv[1]))
