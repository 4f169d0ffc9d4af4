from odoo import models

from .dispute_dossier_line import DISPUTABLE_TYPES


class DunningNotice(models.Model):
    """The page of a reminder: what is disputed of it, and what can be."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    def _recheck(self, day):
        # EXTENDS: what is disputed of the items is told as it is now
        valid = super()._recheck(day)
        valid._get_valid_lines()._follow_disputes()
        return valid

    def _get_item_rows(self):
        # EXTENDS: what is disputed of an item
        rows = super()._get_item_rows()
        for row in rows:
            row["disputed"] = row["line"].amount_disputed
        return rows

    def _get_disputable_moves(self):
        """What the debtor can dispute of this reminder, as far as it still counts."""
        self.ensure_one()
        if self._is_of_supplier() or self._get_payment_status() == "withdrawn":
            return self.env["account.move"]
        moves = self._get_valid_lines().move_line_id.move_id
        return moves.filtered(
            lambda move: move.state == "posted" and move.move_type in DISPUTABLE_TYPES
        )

    def _get_disputes(self):
        """Disputes of what this reminder is about that are not settled."""
        return self.env["dispute.dossier"]._get_disputes_of(
            self._get_disputable_moves(), self.partner_id
        )
