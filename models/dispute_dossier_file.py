import io
import os
import re
import unicodedata

from PIL import Image, UnidentifiedImageError

from odoo import api, models
from odoo.exceptions import UserError

# Files that debtors send: so many at a time, and in all of one dispute.
MAX_FILES = 10
MAX_FILES_IN_ALL = 50
# More pixels than any phone takes; a small file can hold far more, which nobody could open.
MAX_PIXELS = 100_000_000
NAME_LENGTH = 100
# Kinds of file by the end of their name.
MIMETYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "heic": "image/heic",
    "webp": "image/webp",
}
# What Pillow calls the kinds that it reads everywhere; others it reads only where it was built so.
IMAGE_FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg"}
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


class DisputeDossier(models.Model):
    """Files that debtors send with a dispute: only photos and PDFs, and neither too many nor too
    large. What a file is follows from its content; its name has to agree."""

    _inherit = "dispute.dossier"

    # === BUSINESS ===#
    @api.model
    def _check_files(self, company, files, present=0):
        """Check what a browser sent, of which nothing is trusted.

        :param list files: of name and content; one byte more than the limit of the company is
            enough of a file that is too large
        :param int present: number of files that the dispute has
        :return: values of ``ir.attachment``
        :rtype: list[dict]
        :raise UserError: in words for the debtor
        """
        if len(files) > MAX_FILES:
            raise UserError(self.env._("Please send no more than %s files at a time.", MAX_FILES))
        if present + len(files) > MAX_FILES_IN_ALL:
            raise UserError(self.env._("There are too many files. Please contact us."))
        limit = self._get_file_limit(company)
        values = []
        for name, content in files:
            name = self._clean_file_name(name)
            if len(content) > limit:
                raise UserError(
                    self.env._(
                        "%(name)s is too large: a file has at most %(size)s MB.",
                        name=name,
                        size=limit >> 20,
                    )
                )
            mimetype = self._recognize_file(content)
            if not mimetype or MIMETYPES.get(name.rpartition(".")[2].lower()) != mimetype:
                raise UserError(
                    self.env._(
                        "%s is no file that we can read: please send a PDF or a photo (PNG, JPG, "
                        "HEIC or WebP).",
                        name,
                    )
                )
            values.append({"name": name, "raw": content, "mimetype": mimetype})
        return values

    @api.model
    def _get_file_limit(self, company):
        """The largest file, in bytes."""
        return max(company.sudo().dispute_file_size, 1) << 20

    @api.model
    def _recognize_file(self, content):
        """The MIME type of a PDF or a photo by its content; nothing for anything else."""
        if content.startswith(b"%PDF-"):
            return MIMETYPES["pdf"]
        if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
            return MIMETYPES["heic"]
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return MIMETYPES["webp"]
        try:
            with Image.open(io.BytesIO(content), formats=list(IMAGE_FORMATS)) as image:
                kind, (width, height) = image.format, image.size
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError):
            return None
        return IMAGE_FORMATS[kind] if width * height <= MAX_PIXELS else None

    @api.model
    def _clean_file_name(self, name):
        """A name without a path, and without characters that mean something else somewhere, or
        that hide how it ends."""
        name = re.split(r"[\\/]", name or "")[-1]
        name = "".join(char if unicodedata.category(char)[0] != "C" else "" for char in name)
        name = re.sub(r'[<>:"|?*%&;`$\']', "_", name).strip(" .")
        stem, end = os.path.splitext(name)
        return f"{stem[: NAME_LENGTH - len(end)]}{end}"[:NAME_LENGTH] or self.env._("file")
