"""Two variational autoencoders of 28×28 images: of convolutions, and of dense layers."""

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers as L

from .compiled import adam, compiled

LATENT = 20


def conv_networks():
    def conv(x, channels):
        return L.Conv2D(channels, 4, 2, "same", activation="relu")(x)

    def up(x, channels, activation):
        return L.Conv2DTranspose(channels, 4, 2, "same", activation=activation)(x)

    images = L.Input((28, 28, 1))
    h = L.Dense(256, activation="relu")(L.Flatten()(conv(conv(images, 32), 64)))
    encoder = keras.Model(images, [L.Dense(LATENT)(h), L.Dense(LATENT)(h)])
    code = L.Input((LATENT,))
    h = L.Dense(3136, activation="relu")(L.Dense(256, activation="relu")(code))
    h = up(L.Reshape((7, 7, 64))(h), 32, "relu")
    return encoder, keras.Model(code, up(h, 1, "sigmoid"))


def mlp_networks():
    images = L.Input((784,))
    h = L.Dense(400, activation="relu")(images)
    encoder = keras.Model(images, [L.Dense(LATENT)(h), L.Dense(LATENT)(h)])
    code = L.Input((LATENT,))
    h = L.Dense(400, activation="relu")(code)
    return encoder, keras.Model(code, L.Dense(784, activation="sigmoid")(h))


def vae(xla, batch, networks):
    encoder, decoder = networks()
    images = tf.random.uniform((batch, *encoder.input_shape[1:]))
    weights = encoder.trainable_variables + decoder.trainable_variables
    optimizer = adam(weights, 1e-3)

    @compiled(xla)
    def step(x):
        with tf.GradientTape() as tape:
            mean, log_variance = encoder(x, training=True)
            noise = tf.random.normal((batch, LATENT))
            made = decoder(mean + noise * tf.exp(0.5 * log_variance), training=True)
            made = tf.clip_by_value(made, 1e-7, 1 - 1e-7)
            likelihood = tf.reduce_sum(x * tf.math.log(made) + (1 - x) * tf.math.log(1 - made))
            kl = -0.5 * tf.reduce_sum(1 + log_variance - mean * mean - tf.exp(log_variance))
            loss = kl - likelihood
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    return lambda: float(step(images))
