"""Files that debtors of the demo story send: a photo of a scratch, and a receipt."""

import io

from PIL import Image, ImageDraw, ImageFont

WOOD, DARK, SCRATCH, PAPER, INK = "#b98a5a", "#a57a4d", "#f1e4d2", "#fffdf7", "#34373c"


def draw(kind):
    """Return the name and the content of a file.

    :param str kind: ``photo`` or ``receipt``
    """
    return ("scratch.jpg", _draw_photo()) if kind == "photo" else ("receipt.pdf", _draw_receipt())


def _draw_photo():
    """Wood with a scratch."""
    image = Image.new("RGB", (960, 640), WOOD)
    pen = ImageDraw.Draw(image)
    for line in range(28):
        height = 14 + line * 23
        pen.arc((-400, height, 1360, height + 60 + line * 3), 180, 360, DARK, 1 + line % 3)
    pen.line(((120, 470), (330, 392), (520, 344), (700, 300), (850, 214)), SCRATCH, 7)
    pen.line(((330, 404), (560, 352)), DARK, 3)
    return _save(image, "JPEG", quality=80)


def _draw_receipt():
    """A slip that somebody signed for less than was sent."""
    image = Image.new("RGB", (1240, 1754), PAPER)
    pen = ImageDraw.Draw(image)
    large, small = ImageFont.load_default(56), ImageFont.load_default(36)
    pen.text((120, 140), "Delivery receipt", INK, large)
    lines = ("Espresso machine Linde 2", "1 sent", "1 received")
    for row, texts in enumerate((lines, ("Coffee beans, box of 6 kg", "4 sent", "2 received"))):
        for left, text in zip((120, 660, 900), texts, strict=True):
            pen.text((left, 320 + row * 70), text, INK, small)
    pen.line(((120, 780), (700, 780)), INK, 3)
    pen.text((120, 800), "Signature", INK, small)
    pen.arc((180, 660, 380, 790), 120, 400, INK, 5)
    pen.arc((320, 690, 640, 780), 190, 380, INK, 5)
    return _save(image, "PDF", resolution=150)


def _save(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
