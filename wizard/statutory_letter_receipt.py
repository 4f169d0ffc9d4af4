import base64

from odoo import fields, models
from odoo.exceptions import UserError


class StatutoryLetterReceipt(models.TransientModel):
    """When a letter to a consumer was received, or that it was not."""

    _name = "statutory.letter.receipt"
    _description = "Receipt of a Letter"

    # === FIELDS ===#
    letter_id = fields.Many2one("statutory.letter", required=True, readonly=True)
    outcome = fields.Selection(
        [("proven", "It was received"), ("contested", "It was not received")],
        required=True,
        default="proven",
    )
    law = fields.Selection(related="letter_id.law")
    sent_date = fields.Date(related="letter_id.notice_id.sent_date", string="Sent On")
    date = fields.Date("Received On", default=lambda self: self.env.company._get_dunning_today())
    proof = fields.Char(
        "How", help="For example: signed for at the door, or the debtor answered the e-mail."
    )
    file = fields.Binary("Document", attachment=False)
    filename = fields.Char()

    # === ACTIONS ===#
    def action_confirm(self):
        """Remember it with the letter.

        :raise UserError: without a date or a reason
        """
        self.ensure_one()
        letter = self.letter_id
        letter.check_access("read")
        letter.notice_id._check_collector()
        text = (self.proof or "").strip()
        if not text:
            raise UserError(self.env._("Say how it is known."))
        files = []
        if self.file:
            files = [(self.filename or self.env._("Proof"), base64.b64decode(self.file))]
        if self.outcome == "contested":
            letter._contest(text, files)
        elif not self.date:
            raise UserError(self.env._("Say on which day it was received."))
        else:
            letter._prove(self.date, text, files)
        return {"type": "ir.actions.act_window_close"}
