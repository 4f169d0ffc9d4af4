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
        wanted = [int(part) for part in ids.split(",") if part.isdecimal()]
        notices = request.env["dunning.notice"].browse(wanted).exists()
        notices.check_access("write")
        # The letters belong to the notices, to which access was checked.
        letters = notices.sudo()._get_printable_letters()
        if not letters:
            raise request.not_found()
        content = pdf.merge_pdf([letter.raw for letter in letters])
        notices.sudo().letter_printed = fields.Datetime.now()
        name = letters.name if len(letters) == 1 else "letters.pdf"
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
            ],
        )
