from base64 import b64decode

from odoo import fields, models


class ArrangementSign(models.TransientModel):
    """Keep the scanned copy of an agreement that the debtor signed on paper."""

    _name = "arrangement.sign"
    _description = "Mark an Arrangement as Signed"

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", required=True, readonly=True)
    arrangement_state = fields.Selection(related="arrangement_id.state")
    signed_by = fields.Char(required=True)
    date = fields.Date(
        "Signed On",
        required=True,
        default=lambda self: self.env.company._get_dunning_today(),
    )
    # Not an attachment: the agreement keeps it.
    scan = fields.Binary("Scanned Copy", required=True, attachment=False)
    scan_name = fields.Char()

    # === ACTIONS ===#
    def action_sign(self):
        self.ensure_one()
        content = b64decode(self.with_context(bin_size=False).scan)
        self.arrangement_id._mark_signed(self.signed_by, self.date, content, self.scan_name)
        return {"type": "ir.actions.act_window_close"}
