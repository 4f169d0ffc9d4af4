from odoo import fields
from odoo.http import Controller, content_disposition, request, route
from odoo.tools import pdf


class LettersController(Controller):
    @route("/dunning/letters", type="http", auth="user", methods=["GET"])
    def download_letters(self, ids=""):
        """Send the stored letters of notices as one PDF, and remember that they were printed.

        :param str ids: ids of ``dunning.notice``, separated by commas; the letters come in that
            order
        """
        notices = self._browse_writable("dunning.notice", ids)
        # The letters belong to the notices, to which access was checked.
        letters = notices.sudo()._get_printable_letters()
        if not letters:
            raise request.not_found()
        notices.sudo().letter_printed = fields.Datetime.now()
        name = letters.name if len(letters) == 1 else "letters.pdf"
        return self._send_pdf([letter.raw for letter in letters], name)

    @route("/dunning/agreements", type="http", auth="user", methods=["GET"])
    def download_agreements(self, ids=""):
        """Send agreements on installments as one PDF, and remember that they were printed.

        :param str ids: ids of ``installment.arrangement``, separated by commas
        """
        arrangements = self._browse_writable("installment.arrangement", ids)
        if not arrangements:
            raise request.not_found()
        contents = [arrangement._render_agreement() for arrangement in arrangements.sudo()]
        arrangements.sudo().letter_printed = fields.Datetime.now()
        one = len(arrangements) == 1
        name = f"{arrangements._get_agreement_name()}.pdf" if one else "agreements.pdf"
        return self._send_pdf(contents, name)

    def _browse_writable(self, model, ids):
        """The records with these ids that exist.

        :param str ids: separated by commas
        :raise AccessError: when the user may not change one of them
        """
        wanted = [int(part) for part in ids.split(",") if part.isdecimal()]
        records = request.env[model].browse(wanted).exists()
        records.check_access("write")
        return records

    def _send_pdf(self, contents, name):
        content = pdf.merge_pdf(contents) if len(contents) > 1 else contents[0]
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
            ],
        )
