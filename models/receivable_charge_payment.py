from odoo import models
from odoo.fields import Domain

from .portal_payable import get_under_way_domain


class ReceivableCharge(models.Model):
    """Charges that are paid online before they are in the books."""

    _inherit = "receivable.charge"

    # === BUSINESS ===#
    def _is_in_books(self):
        self.ensure_one()
        return self.state == "booked" and self.move_id.state == "posted"

    def _is_any_payable(self, open_items):
        """Whether it can be paid: not when all that is open of its items is held, because it is
        disputed or paid in installments.

        :param open_items: the items of which something can be paid
        """
        self.ensure_one()
        unpaid = self.item_ids.move_line_id.filtered(
            lambda item: item.parent_state == "posted" and not item.reconciled
        )
        return not unpaid or any(item in open_items for item in unpaid)

    def _get_transactions_under_way(self):
        """Online payments of these charges, begun on any page, that may still succeed."""
        domain = Domain("charge_ids", "in", self.ids) & get_under_way_domain()
        return self.env["payment.transaction"].sudo().search(domain)

    def _put_in_books(self):
        """Invoice charges that were paid; a draft that waits for an accountant is posted.

        :return: the invoices
        """
        moves = self.filtered(lambda charge: charge.state == "booked").move_id
        drafts = moves.filtered(lambda move: move.state == "draft")
        if drafts:
            drafts._post(soft=False)
        return moves | self.filtered(lambda charge: charge.state == "due")._book()
