"""What all steps share: the compilation of a step, and Adam."""

import tensorflow as tf
from tensorflow import keras


def compiled(xla):
    """A step as a graph, compiled by XLA if wished."""
    return lambda step: tf.function(step, jit_compile=xla)


def adam(variables, lr, beta1=0.9, beta2=0.999):
    optimizer = keras.optimizers.Adam(lr, beta_1=beta1, beta_2=beta2, epsilon=1e-8)
    # A compiled step can't make the variables.
    optimizer.build(variables)
    return optimizer
