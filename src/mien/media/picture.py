"""One frame as displayed, of which only those pixels become RGB that somebody asks for.

A decoder gives brightness at full size and colour at half (YUV 4:2:0). Turning a whole 720p frame into RGB costs as
much as decoding it, and a face is a tenth of it. So the planes are kept, turned upright as views, and a part is cut
out of them first and then converted by the same routine (swscale) as a whole frame: the colours are the same, digit
by digit. Frames of any other form are converted whole when they are first asked for.
"""

from functools import cached_property

import av
import cv2
import numpy as np

PLANES = ("yuv420p", "yuvj420p")
"""Pixel formats of which parts can be cut before they are converted: what cameras and meetings are stored in."""

FULL = av.video.reformatter.ColorRange.JPEG
"""The mark of frames whose brightness uses all of 0..255 instead of 16..235."""

ONE = {"threads": 1}
"""Parts are small: more threads cost more than they give."""


SPARE = 2
"""A small picture is made from one that has at least so many times as many pixels in each direction."""


class Picture:
    """One frame as displayed: ``shape`` is (height, width, 3); pixels are converted where they are asked for.

    Wraps an RGB array (:meth:`of`) or a decoded frame (:meth:`of_frame`).
    """

    def __init__(self, shape, whole):
        self.shape, self._whole = shape, whole

    @classmethod
    def of(cls, rgb):
        """A picture of an RGB array, uint8 (height, width, 3); a picture is returned as it is."""
        return rgb if isinstance(rgb, Picture) else cls(rgb.shape, lambda: rgb)

    @classmethod
    def of_frame(cls, frame, quarters=0):
        """A picture of a decoder's frame, turned counterclockwise by so many quarter turns."""
        shape = (frame.height, frame.width, 3) if quarters % 2 == 0 else (frame.width, frame.height, 3)
        even = frame.height % 2 == 0 and frame.width % 2 == 0
        if frame.format.name in PLANES and even:
            return _Planes(shape, frame, quarters)
        return cls(shape, lambda: _turned(frame.to_ndarray(format="rgb24", **ONE), quarters))

    @cached_property
    def _pixels(self):
        return self._whole()

    def rgb(self):
        """The whole frame, uint8 (height, width, 3)."""
        return self._pixels

    def part(self, x, y, w, h, size_px=None):
        """A rectangle inside the frame, uint8 RGB (h, w, 3), or scaled to (size_px, size_px, 3)."""
        return scaled(self._part(x, y, w, h), (size_px, size_px) if size_px else (w, h))

    def grey(self, width_px, height_px, within=None):
        """The frame, or the rectangle ``within`` (x, y, w, h) of it, as a small grey picture, uint8.

        Large rectangles are taken from the frame at half or a quarter of its size, which is made once.
        """
        x, y, w, h = within or (0, 0, self.shape[1], self.shape[0])
        halvings = int(np.clip(np.log2(min(w / width_px, h / height_px) / SPARE), 0, len(self._halved) - 1))
        bright, step = self._halved[halvings], 2**halvings
        bright = np.ascontiguousarray(bright[y // step : (y + h) // step, x // step : (x + w) // step])
        return self._stretched(cv2.resize(bright, (width_px, height_px), interpolation=cv2.INTER_AREA))

    @cached_property
    def _halved(self):
        """The brightness, as it is stored, at full size, half and a quarter."""
        half = cv2.resize(bright := self._bright(), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        return bright, half, cv2.resize(half, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)

    def _bright(self):
        return cv2.cvtColor(self._pixels, cv2.COLOR_RGB2GRAY)

    def _stretched(self, bright):
        return bright

    def _part(self, x, y, w, h):
        return self._pixels[y : y + h, x : x + w]


class _Planes(Picture):
    """A picture of a frame in three planes (brightness, and two of colour at half the size)."""

    def __init__(self, shape, frame, quarters):
        super().__init__(shape, lambda: _turned(frame.to_ndarray(format="rgb24", **ONE), quarters))
        self.form, self.colours = frame.format.name, (frame.colorspace, frame.color_range)
        self.full_range = self.form == "yuvj420p" or frame.color_range == FULL
        self.planes = [_turned(_view(plane), quarters) for plane in frame.planes]

    def _part(self, x, y, w, h):
        if "_pixels" in self.__dict__:  # the whole was asked for before
            return super()._part(x, y, w, h)
        left, top = x % 2, y % 2  # colour lies on every second pixel: cut from an even one to an even one
        wide, high = (w + left + 1) // 2 * 2, (h + top + 1) // 2 * 2
        rows = (high + 3) // 4 * 4  # PyAV takes arrays of so many rows only; those too many are not looked at
        cut = np.empty((rows * 3 // 2, wide), np.uint8)
        cut[:high] = self.planes[0][y - top :, x - left :][:high, :wide]
        both = cut[rows:].reshape(2, rows // 2, wide // 2)
        for at, plane in enumerate(self.planes[1:]):
            both[at, : high // 2] = plane[(y - top) // 2 :, (x - left) // 2 :][: high // 2, : wide // 2]
        frame = av.VideoFrame.from_numpy_buffer(cut, format=self.form)
        frame.colorspace, frame.color_range = self.colours
        return frame.to_ndarray(format="rgb24", **ONE)[top : top + h, left : left + w]

    def _bright(self):
        return np.ascontiguousarray(self.planes[0])

    def _stretched(self, bright):
        """Brightness from 0 to 255, where 16 to 235 is stored."""
        return bright if self.full_range else cv2.convertScaleAbs(cv2.subtract(bright, 16), alpha=255 / 219)


def one_thread():
    """Scale pictures in one thread from now on: for a process that shares the cores with others of its kind."""
    cv2.setNumThreads(1)


def scaled(rgb, size):
    """An array of pixels at another size (width, height): averaged when made smaller, smooth when made larger."""
    if (rgb.shape[1], rgb.shape[0]) == tuple(size):
        return rgb
    way = cv2.INTER_AREA if size[0] < rgb.shape[1] else cv2.INTER_CUBIC
    return cv2.resize(rgb, size, interpolation=way)


def _view(plane):
    """A plane of a frame without its padding, as a view: nothing is copied."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _turned(array, quarters):
    return np.rot90(array, quarters) if quarters % 4 else array
