"""Dropout whose randomness a checkpoint can hold, with a seed of its own on each replica."""

import keras
import tensorflow as tf


class Dropout(keras.layers.Dropout):
    """Set a share of the inputs to 0 while training, and scale up the rest to match.

    The seed generator of every replica of `tf.distribute` counts the same; without the replica's
    number in the seed all replicas would drop the same units of their different batches.
    """

    def call(self, inputs, training=False):
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        seed = tf.random.experimental.stateless_fold_in(seed, replica)
        return tf.nn.experimental.stateless_dropout(inputs, self.rate, seed)
