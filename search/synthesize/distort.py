"""What happens to an image before a customer sends it.

Made at full size with Pillow alone, so that nothing is shared with the views a tower was
trained on. A change takes an RGB image and a generator of random numbers.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

Change = Callable[[Image.Image, Random], Image.Image]

TILT = 0.12
"""How far a corner of a photographed display may be from where it should be, as a share."""

_TRIES = 8
_PLAIN = 8.0
"""Standard deviation of grey values, of 255, below which a cut-out shows nothing."""


def crop(image: Image.Image, random: Random) -> Image.Image:
    """A tenth of each side cut away, unevenly."""
    width, height = image.size
    left, top = random.random() * width / 10, random.random() * height / 10
    return image.crop((int(left), int(top), int(left + width * 0.9), int(top + height * 0.9)))


def cut_out(image: Image.Image, random: Random, area: float) -> Image.Image:
    """A cut-out of that share of the area, in the image's proportions, that shows something.

    The first of eight places that is not plain, else the last of them.
    """
    width, height = (max(1, round(side * area**0.5)) for side in image.size)
    part = image
    for _ in range(_TRIES):
        left = random.randint(0, image.width - width)
        top = random.randint(0, image.height - height)
        part = image.crop((left, top, left + width, top + height))
        if detail(part) >= _PLAIN:
            break
    return part


def detail(image: Image.Image) -> float:
    """Standard deviation of the grey values, from 0 (plain) to 127.5."""
    return float(np.asarray(image.convert("L"), dtype=np.float32).std())


def rescale(image: Image.Image, random: Random) -> Image.Image:
    """Scaled to between 40 and 80 %."""
    share = random.uniform(0.4, 0.8)
    return image.resize(_size(image, share), Image.Resampling.BILINEAR)


def recompress(image: Image.Image, random: Random) -> Image.Image:
    """JPEG of quality 25 to 50."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=random.randint(25, 50))
    return Image.open(file).convert("RGB")


def recolour(image: Image.Image, random: Random) -> Image.Image:
    """Other brightness, contrast and saturation."""
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(random.uniform(0.7, 1.35))
    return image


def dark(image: Image.Image, random: Random) -> Image.Image:
    """Colours inverted, as a dark mode does."""
    return ImageOps.invert(image)


def messenger(image: Image.Image, random: Random) -> Image.Image:
    """Cropped, scaled down and recompressed, one after the other."""
    return recompress(rescale(crop(image, random), random), random)


def moire(image: Image.Image, random: Random) -> Image.Image:
    """The beat of a display's pixels against a camera's: two gratings, apart in each colour."""
    pixels = np.asarray(image, dtype=np.float32)
    y, x = np.mgrid[0 : image.height, 0 : image.width].astype(np.float32)
    for right_angle in (0.0, np.pi / 2):
        angle = right_angle + random.uniform(-0.3, 0.3)
        turns = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / random.uniform(4, 24))
        phases = np.array([random.uniform(0, 2 * np.pi) for _ in range(3)], np.float32)
        pixels = pixels * (1 + random.uniform(0.03, 0.1) * np.sin(turns[..., None] + phases))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def photographed(image: Image.Image, random: Random, width: int = 640) -> Image.Image:
    """A photo of a display: in perspective, before some background, unevenly lit, soft, noisy.

    The display is `width` pixels wide in it, less where it is higher than twice that.
    """
    most, height = 2 * width, max(64, round(width * image.height / image.width))
    width, height = (width, height) if height <= most else (round(width * most / height), most)
    screen = image.resize((width, height), Image.Resampling.BICUBIC)
    margin = random.uniform(0.03, 0.15)
    size = (round(width * (1 + 2 * margin)), round(height * (1 + 2 * margin)))
    wall = tuple(random.randint(20, 200) for _ in range(3))
    shift = TILT * min(width, height)
    edges = ((0, 0), (width, 0), (width, height), (0, height))
    corners = []
    for x, y in edges:
        across = x + width * margin + random.uniform(-1, 1) * shift
        corners.append((across, y + height * margin + random.uniform(-1, 1) * shift))
    numbers = _perspective(corners, edges)
    how = (size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BICUBIC)
    mask = Image.new("L", screen.size, 255).transform(*how)
    photo = Image.composite(screen.transform(*how), Image.new("RGB", size, wall), mask)
    return _shot(photo.filter(ImageFilter.GaussianBlur(random.uniform(0.4, 1.6))), random)


def _shot(photo: Image.Image, random: Random) -> Image.Image:
    """Light that falls off to one side, sensor noise, JPEG."""
    noise = np.random.default_rng(random.randint(0, 2**31))
    pixels = np.asarray(photo, dtype=np.float32)
    height, width = pixels.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    light = 1 + random.uniform(-0.3, 0.3) * x + random.uniform(-0.3, 0.3) * y
    grain = noise.normal(0, random.uniform(2, 9), pixels.shape)
    lit = pixels * light[..., None] + grain
    shot = Image.fromarray(lit.clip(0, 255).astype(np.uint8))
    return recompress(shot, random)


def _perspective(
    there: list[tuple[float, float]], here: tuple[tuple[int, int], ...]
) -> tuple[float, ...]:
    """Pillow's eight numbers, which take a point of the photo to one of the screen."""
    rows, values = [], []
    for (u, v), (x, y) in zip(there, here, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v], [0, 0, 0, u, v, 1, -y * u, -y * v]]
        values += [x, y]
    return tuple(np.linalg.solve(np.array(rows, float), np.array(values, float)).tolist())


def _size(image: Image.Image, share: float) -> tuple[int, int]:
    return max(1, round(image.width * share)), max(1, round(image.height * share))
