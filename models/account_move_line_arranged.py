from odoo import api, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    """An item that is arranged stays the same item."""

    _inherit = "account.move.line"

    # === CRUD ===#
    @api.ondelete(at_uninstall=False)
    def _unlink_except_arranged(self):
        """Say in words what the database would refuse."""
        items = (
            self.env["installment.arrangement.item"]
            .sudo()
            .search([("move_line_id", "in", self.ids)])
        )
        drafts = items.filtered(lambda item: item.arrangement_id.state == "draft")
        drafts.unlink()
        if items - drafts:
            raise UserError(
                self.env._(
                    "%(item)s is paid in installments (%(arrangement)s). Credit it instead, or "
                    "cancel the invoice.",
                    item=(items - drafts)[0].move_id.display_name,
                    arrangement=(items - drafts)[0].arrangement_id.name,
                )
            )
