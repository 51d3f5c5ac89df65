"""The proof on a report: its photos, its signatures, and how it is verified."""

from hashlib import sha256
from io import BytesIO
from typing import Final

from PIL import Image

from shared.document import SeenPhoto
from shared.jpeg import bare
from shared.papers.blocks import (
    HEED,
    LEFT,
    SMALL,
    WAITS,
    WIDE,
    Hand,
    Paper,
    W,
    X,
    section,
    signalled,
    signed_field,
)
from shared.papers.content import LAYOUT, Content, address_of, content_hash
from shared.papers.drawing import frame, line_of, qr
from shared.papers.sheet import FAINT, LINE, SOFT, TINT, Box, Path, Picture, Style

ACROSS: Final = 4
GUTTER: Final = 3.0
PHOTO_W: Final = (W - GUTTER * (ACROSS - 1)) / ACROSS
PHOTO_H: Final = PHOTO_W * 0.75
CAPTION: Final = Style(size=7.4, lead=1.35, limit=8)
STAMP: Final = Style(size=6.4, colour=FAINT, lead=1.35, limit=1)
HASH: Final = Style(size=6.4, lead=1.35)
PIXELS_MAX: Final = 80_000_000
GLANCE: Final = (64, 64)  # as small as a picture is decoded to see whether it can be
MODES: Final = frozenset({"L", "RGB", "CMYK"})


def photographs(paper: Paper, content: Content) -> None:
    """All photos, four in a row, with what they show, when, and the beginning of their hash."""
    taken = [one for job in content.document.jobs for one in job.photos]
    sheet = paper.sheet
    for first in range(0, len(taken), ACROSS):
        row = taken[first : first + ACROSS]
        texts = [_caption(paper, first + place, one) for place, one in enumerate(row, 1)]
        low = max(sheet.height(PHOTO_W, one, CAPTION) for one in texts)
        high = PHOTO_H + low + 8
        if first == 0:
            section(paper, paper.words("photos"), high)
        else:
            sheet.need(high)
        for place, (one, text) in enumerate(zip(row, texts, strict=True)):
            box = Box(X + place * (PHOTO_W + GUTTER), sheet.y + 0.4, PHOTO_W, PHOTO_H)
            _photo(paper, content, one, box)
            y = box.y + PHOTO_H + 1
            y += sheet.text(Box(box.x, y, PHOTO_W), text, CAPTION)
            stamp = f"{paper.words.time(one.at)} · {one.sha256[:12]}"
            sheet.text(Box(box.x, y + 0.2, PHOTO_W), stamp, STAMP)
        sheet.y += high


def is_whole(jpeg: bytes) -> bool:
    """Whether a PDF can hold these bytes as they are: a JPEG that can be decoded to its end."""
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as picture:
            if picture.mode not in MODES or picture.width * picture.height > PIXELS_MAX:
                return False
            picture.draft(None, GLANCE)
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True


def signatures(paper: Paper, content: Content) -> None:
    """What was agreed to, by whom, in ink; or that nobody did, and why."""
    words, sheet, sign_off = paper.words, paper.sheet, content.sign_off
    section(paper, words("signatures"), 54)
    if sign_off is None:
        sheet.put(signalled(HEED, Box(X, sheet.y + 0.7, 3.4)))
        sheet.y += sheet.text(Box(X + 5.4, sheet.y, W - 6), words("unsigned_why"), SMALL) + 2
    elif not sign_off.refusal:
        said = words(f"{content.document.purpose}_{content.document.declaration}", "declaration")
        said = words("agreed", text=said, code=content.code)
        sheet.y += sheet.text(Box(X, sheet.y, W), said, Style(size=8.2)) + 2
    half = W / 2 - 3
    used = [
        signed_field(paper, Box(X, sheet.y, half, 21), customer(paper, content)),
        signed_field(paper, Box(X + W - half, sheet.y, half, 21), technician(paper, content)),
    ]
    sheet.y += max(used) + 3


def customer(paper: Paper, content: Content) -> Hand:
    """The customer's field."""
    words, sign_off, signed = paper.words, content.sign_off, content.signed
    title = words("customer_signs")
    if sign_off is None:
        return Hand(title=title, instead=words("unsigned", "papers.states"))
    role = words(sign_off.signer_role, "signer_roles")
    below = [" · ".join(one for one in (role, sign_off.relation) if one)]
    below.append(words.moment(sign_off.signed_at))
    if sign_off.rating is not None:
        below.append(words("rated", rating=sign_off.rating))
    return Hand(
        title=title,
        name=sign_off.signer or "–",
        below=tuple(below),
        ink=signed.ink if signed is not None else None,
        instead=words("refused_why", reason=sign_off.refusal) if sign_off.refusal else "",
    )


def technician(paper: Paper, content: Content) -> Hand:
    """The technician's field."""
    words, document, signed = paper.words, content.document, content.signed
    below = [words("code_of", code=document.technician_code)] if document.technician_code else []
    if content.sign_off is not None:
        below.append(words.moment(content.sign_off.signed_at))
    return Hand(
        title=words("technician_signs"),
        name=document.technician,
        below=tuple(below),
        ink=signed.technician_ink if signed is not None else None,
    )


def verification(paper: Paper, content: Content) -> None:
    """The code, the hashes, and where they can be looked up."""
    words, sheet, sign_off = paper.words, paper.sheet, content.sign_off
    section(paper, words("verification"), 36)
    rows = [(words("shown"), content.shown_hash)]
    if sign_off is not None:
        rows.append((words("seal"), sign_off.seal))
        box = Box(LEFT + WIDE - 30, sheet.y + 0.4, 30)
        sheet.put(qr(address_of(content), box, words("qr")))
    rows.append((words("content", layout=LAYOUT), content_hash(content)))
    top = sheet.y
    sheet.y += sheet.text(Box(X, sheet.y, 60), words("code"), Style(size=7, colour=SOFT, lead=1.3))
    large = Style(size=13, bold=True, lead=1.35)
    sheet.y += sheet.text(Box(X, sheet.y, 80), content.code, large) + 0.8
    for label, value in rows:
        sheet.text(Box(X, sheet.y, 25), label, Style(size=6.4, colour=SOFT, lead=1.35))
        sheet.y += sheet.text(Box(X + 25.5, sheet.y, W - 58), value, HASH) + 0.7
    why = [words(f"{sign_off.state}_why")] if sign_off is not None else []
    hint = " ".join([*why, words("hint")])
    style = Style(size=6.8, colour=SOFT, lead=1.4)
    sheet.y += sheet.text(Box(X, sheet.y + 0.8, W - 34), hint, style)
    sheet.y = max(sheet.y + 2, top + (32 if sign_off is not None else 0))


def _caption(paper: Paper, number: int, photo: SeenPhoto) -> str:
    said = [one for one in (paper.words.named(photo.slot), photo.caption) if one]
    return f"{number}  {' · '.join(said) or paper.words('photo')}"


def _photo(paper: Paper, content: Content, photo: SeenPhoto, box: Box) -> None:
    """A photo, or a frame that says why it is not there."""
    jpeg, sheet, words = content.pictures.get(photo.sha256), paper.sheet, paper.words
    ground = Path(steps=(), fill=TINT, stroke=LINE, width=0.2)
    sheet.put(frame(box, ground))
    why = _fault(photo, jpeg)
    if jpeg is not None and not why:
        alt = " · ".join(one for one in (words.named(photo.slot), photo.caption) if one)
        sheet.put(Picture(box=box, jpeg=bare(jpeg), alt=alt or words("photo")))
        sheet.put(frame(box, line_of()))
        return
    signal = WAITS if why == "on_its_way" else HEED
    sheet.put(signalled(signal, Box(box.x + box.w / 2 - 2.2, box.y + 5, 4.4)))
    style = Style(size=7.2, colour=SOFT, align="centre", lead=1.35, limit=3)
    sheet.text(Box(box.x + 2, box.y + 11.5, box.w - 4), words(why), style)


def _fault(photo: SeenPhoto, jpeg: bytes | None) -> str:
    if jpeg is None:
        return "on_its_way"
    if not jpeg:
        return "left_out"
    if sha256(jpeg).hexdigest() != photo.sha256:
        return "other_picture"
    return "" if is_whole(jpeg) else "no_picture"
