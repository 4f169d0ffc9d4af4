import logging

from odoo import models
from odoo.tools import is_html_empty, pdf

_logger = logging.getLogger(__name__)

# Larger files stay out of the PDF: they are listed with the others.
MERGE_LIMIT = 20 * 1024 * 1024


class DisputeDossier(models.Model):
    """The dossier on paper: what is disputed, the trail, and the files that came with it."""

    _name = "dispute.dossier"
    _inherit = ["dispute.dossier", "credit.document"]

    # === BUSINESS ===#
    def _get_dossier_name(self):
        """Name of the file, without extension."""
        return self.name.replace("/", "-")

    def _get_paper_text(self, name, internal=False):
        """A text of the dossier, if there is one to print."""
        if name == "internal_note" and not internal:
            return False
        value = self[name]
        return False if is_html_empty(value) else value

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
        """Put the PDFs among the files behind the dossier; a broken one is left out.

        :param bytes content: of the dossier itself
        """
        self.ensure_one()
        for attachment in self._get_paper_files(internal):
            if attachment.mimetype != "application/pdf" or attachment.file_size > MERGE_LIMIT:
                continue
            try:
                content = pdf.merge_pdf([content, attachment.raw])
            except Exception:
                # Readers of PDF raise whatever a broken or encrypted file makes them stumble on.
                _logger.warning("%s does not go into %s", attachment.name, self.name, exc_info=True)
        return content
