"""DCGAN as in PyTorch's examples/dcgan, and the critic of WGAN-GP; images have their channels last.

With 4×4 windows of stride 2 on even sizes, padding "same" is one pixel on each side, as in PyTorch.
"""

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers as L

from .compiled import adam, compiled

NOISE = 100


def doublings(size):
    return {64: 4, 32: 3}[size]


def norm(x):
    return L.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)


def generator(size, channels, width):
    top = doublings(size) - 1
    noise = L.Input((1, 1, NOISE))
    x = L.Conv2DTranspose(width << top, 4, 1, "valid", use_bias=False)(noise)
    for i in range(top, -1, -1):
        to = width << (i - 1) if i > 0 else channels
        x = L.Conv2DTranspose(to, 4, 2, "same", use_bias=False)(L.ReLU()(norm(x)))
    return keras.Model(noise, L.Activation("tanh")(x))


def discriminator(size, channels, width, critic=False):
    images = L.Input((size, size, channels))
    x = L.LeakyReLU(0.2)(L.Conv2D(width, 4, 2, "same", use_bias=False)(images))
    for i in range(1, doublings(size)):
        x = L.Conv2D(width << i, 4, 2, "same", use_bias=False)(x)
        x = L.LeakyReLU(0.2)(x if critic else norm(x))
    activation = None if critic else "sigmoid"
    x = L.Conv2D(1, 4, 1, "valid", use_bias=False, activation=activation)(x)
    return keras.Model(images, L.Flatten()(x))


def dcgan(xla, batch, size, channels, width):
    g, d = generator(size, channels, width), discriminator(size, channels, width)
    g_adam, d_adam = adam(g.trainable_variables, 2e-4, 0.5), adam(d.trainable_variables, 2e-4, 0.5)
    bce = keras.losses.BinaryCrossentropy()
    real = tf.random.uniform((batch, size, size, channels), -1, 1)
    ones, zeros = tf.ones((batch, 1)), tf.zeros((batch, 1))

    # G's tape holds D as it is after D's step, as in PyTorch's example. It is asked for the gradients of
    # G's weights alone, so those of D's are not in the graph.
    @compiled(xla)
    def step(real):
        with tf.GradientTape() as g_tape:
            fake = g(tf.random.normal((batch, 1, 1, NOISE)), training=True)
            with g_tape.stop_recording():
                with tf.GradientTape() as d_tape:
                    real_loss = bce(ones, d(real, training=True))
                    d_loss = real_loss + bce(zeros, d(tf.stop_gradient(fake), training=True))
                d_adam.apply(d_tape.gradient(d_loss, d.trainable_variables), d.trainable_variables)
            g_loss = bce(ones, d(fake, training=True))
        g_adam.apply(g_tape.gradient(g_loss, g.trainable_variables), g.trainable_variables)
        return d_loss + g_loss

    return lambda: float(step(real))


def wgangp(xla, batch):
    """The critic's step, on 32×32×1 images."""
    critic = discriminator(32, 1, 32, critic=True)
    optimizer = adam(critic.trainable_variables, 1e-4, 0.0, 0.9)
    real, fake = (tf.random.uniform((batch, 32, 32, 1), -1, 1) for _ in range(2))

    @compiled(xla)
    def step(real, fake):
        with tf.GradientTape() as tape:
            share = tf.random.uniform((batch, 1, 1, 1))
            mixed = share * real + (1 - share) * fake
            with tf.GradientTape() as inner:
                inner.watch(mixed)
                judged = critic(mixed, training=True)
            slope = inner.gradient(judged, mixed)
            norms = tf.sqrt(tf.reduce_sum(slope * slope, [1, 2, 3]) + 1e-12)
            penalty = 10 * tf.reduce_mean((norms - 1) ** 2)
            judged_fake, judged_real = critic(fake, training=True), critic(real, training=True)
            loss = tf.reduce_mean(judged_fake) - tf.reduce_mean(judged_real) + penalty
        optimizer.apply(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables)
        return loss

    return lambda: float(step(real, fake))
