import io
import logging

from PIL import Image, ImageOps

from odoo import api, models
from odoo.tools import is_html_empty, pdf

from .dispute_dossier_file import MAX_PIXELS

_logger = logging.getLogger(__name__)

# Larger files stay out of the PDF: they are listed with the others.
MERGE_LIMIT = 20 * 1024 * 1024
# Pictures get an A4 page, in dots.
PAGE_RESOLUTION = 150
PAGE_SIZE = (1240, 1754)
PAGE_MARGIN = 118


class DisputeDossier(models.Model):
    """The dossier on paper: what is disputed, the trail, and the files that came with it."""

    _name = "dispute.dossier"
    _inherit = ["dispute.dossier", "credit.document"]

    # === BUSINESS ===#
    def _get_dossier_name(self):
        """Name of the file, without extension."""
        return self.name.replace("/", "-")

    def _get_paper_text(self, name, internal=False):
        """A text of the dossier, if there is one to print: what colleagues wrote for each other
        only for them."""
        if name == "internal_note" and not internal:
            return False
        if name == "description" and not internal:
            return self._get_portal_description()
        value = self[name]
        return False if is_html_empty(value) else value

    def _get_paper_state(self):
        """The state, how it ended and when, in the language of the context."""
        label = self.env["credit.story"]._get_label
        state = label(self, "state")
        if self.outcome:
            state = f"{state}: {label(self, 'outcome')}"
        if self.closed_date:
            state = f"{state}, {self._format_text_date(self.closed_date, date_format='long')}"
        return state

    def _get_paper_messages(self):
        """What was written between us and the debtor, oldest first."""
        return self._get_portal_messages().filtered(lambda post: not is_html_empty(post.body))

    def _get_paper_files(self, internal=False):
        """Files of the dossier and PDFs of its invoices, in order.

        Files that came with internal notes are left out, unless colleagues are to read it.
        """
        self.ensure_one()
        dossier = self.sudo()
        files = dossier.line_ids.move_id.invoice_pdf_report_id
        files |= dossier._get_credit_notes("posted").invoice_pdf_report_id
        own = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", False),
                ],
                order="id",
            )
        )
        if not internal:
            notes = dossier.message_ids.filtered(
                lambda message: message.is_internal or message.subtype_id.internal
            )
            own -= notes.attachment_ids
        return files | own

    def _merge_files(self, content, internal=False):
        """Put what can be printed of the files behind the dossier.

        :param bytes content: of the dossier itself
        """
        self.ensure_one()
        printed = [self._print_file(file) for file in self._get_paper_files(internal)]
        return pdf.merge_pdf([content, *filter(None, printed)])

    @api.model
    def _print_file(self, attachment):
        """A file as PDF: a PDF as it is, a picture on a page.

        :return: bytes; None for what is too large, broken, encrypted or of another kind
        """
        mimetype = attachment.mimetype or ""
        is_picture = mimetype.startswith("image/")
        if attachment.file_size > MERGE_LIMIT or not (is_picture or mimetype == "application/pdf"):
            return None
        try:
            return (self._print_picture if is_picture else self._print_pdf)(attachment.raw)
        except Exception as error:
            # Readers of files raise whatever a broken one makes them stumble on.
            _logger.info("%s cannot be printed: %s", attachment, error)
            return None

    @api.model
    def _print_pdf(self, content):
        """Read every page, so that a broken file stumbles here and not in the dossier."""
        return pdf.merge_pdf([content])

    @api.model
    def _print_picture(self, content):
        """A picture on an A4 page, turned the way the camera was held."""
        with Image.open(io.BytesIO(content)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                return None
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
        page = Image.new("RGB", PAGE_SIZE, "white")
        picture.thumbnail([side - 2 * PAGE_MARGIN for side in PAGE_SIZE])
        page.paste(picture, (PAGE_MARGIN, PAGE_MARGIN), picture)
        out = io.BytesIO()
        page.save(out, "PDF", resolution=PAGE_RESOLUTION)
        return out.getvalue()
