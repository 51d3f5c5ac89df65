"""Pictures as a camera leaves them: large, lying on their side, with place and maker in them.

They are drawn, because nobody's boiler belongs into a repository: a wall with a shadow, a machine
with pipes and a dial, and the grain of a sensor, so that they weigh what photos weigh.
"""

import random
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

WIDE: Final = (4032, 3024)
TURNED: Final = 6  # how a camera that was held upright says so
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825
QUALITY: Final = 90


def photograph(path: Path, seed: int, size: tuple[int, int] = WIDE) -> Path:
    """Take one into a file; the same seed gives the same picture."""
    dice = random.Random(seed)
    upright = Image.new("RGB", (size[1] // 4, size[0] // 4), _shade(dice, 150, 200))
    _draw(ImageDraw.Draw(upright), upright.size, dice)
    soft = upright.filter(ImageFilter.GaussianBlur(1.2)).resize((size[1], size[0]))
    grain = Image.effect_noise((size[1] // 2, size[0] // 2), 22).resize(soft.size)
    shot = Image.blend(soft, Image.merge("RGB", (grain,) * 3), 0.09)
    lying = shot.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = TURNED, "A camera"
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 13.0, 48.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    path.parent.mkdir(parents=True, exist_ok=True)
    lying.save(path, "JPEG", quality=QUALITY, exif=exif)
    return path


def _draw(pen: ImageDraw.ImageDraw, size: tuple[int, int], dice: random.Random) -> None:
    wide, high = size
    pen.polygon([(0, high), (wide, high * 0.72), (wide, high)], fill=_shade(dice, 90, 130))
    left, top = wide * dice.uniform(0.12, 0.2), high * dice.uniform(0.14, 0.22)
    right, bottom = wide * dice.uniform(0.8, 0.88), high * dice.uniform(0.66, 0.74)
    pen.rectangle((left + 14, top + 18, right + 14, bottom + 18), fill=_shade(dice, 70, 90))
    pen.rounded_rectangle((left, top, right, bottom), 18, fill=_shade(dice, 215, 240))
    for pipe in range(4):
        at = left + (right - left) * (0.15 + 0.2 * pipe)
        pen.rectangle((at, bottom, at + wide * 0.035, high), fill=(184, 115 + 9 * pipe, 51))
    middle, across = ((left + right) / 2, top + (bottom - top) * 0.3), wide * 0.13
    box = (middle[0] - across, middle[1] - across, middle[0] + across, middle[1] + across)
    pen.ellipse(box, fill=(250, 250, 248), outline=(60, 60, 60), width=4)
    pen.pieslice(box, dice.randint(200, 300), dice.randint(310, 340), fill=(196, 62, 48))
    pen.rectangle((left + 30, bottom - 90, right - 30, bottom - 50), fill=(38, 46, 52))


def _shade(dice: random.Random, low: int, high: int) -> tuple[int, int, int]:
    grey = dice.randint(low, high)
    return (grey, grey, max(grey - dice.randint(0, 18), 0))
