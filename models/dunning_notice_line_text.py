from odoo import models

# Belgian law wants to know what was sold, not all of it.
MAX_PRODUCTS = 3


class DunningNoticeLine(models.Model):
    """What the texts say about an item. Meant to be called with superuser rights."""

    _inherit = "dunning.notice.line"

    # === BUSINESS ===#
    def _get_document_number(self):
        """The number by which the debtor knows the document.

        Opening balances are lines of one common entry: there the label of the line tells the
        number of the old document. A supplier knows his credit note by his own number.
        """
        self.ensure_one()
        item = self.move_line_id
        if item.move_type == "in_refund":
            return item.move_id.ref or self.move_name
        if item.move_type == "entry":
            return item.name or item.ref or self.move_name
        return self.move_name

    def _get_customer_reference(self):
        """The debtor's own reference, such as a purchase order; empty when there is none."""
        self.ensure_one()
        return self.move_id.ref if self.move_id.is_sale_document(include_receipts=True) else False

    def _get_products(self):
        """What was sold, in a few words; of an entry its label."""
        self.ensure_one()
        if not self.move_line_id:
            return self.env._("Example product")
        if not self.move_id.is_sale_document(include_receipts=True):
            return self.move_line_id.name or ""
        rows = self.move_id.invoice_line_ids.filtered(lambda row: row.display_type == "product")
        names = [row.product_id.name or (row.name or "").partition("\n")[0] for row in rows]
        names = list(dict.fromkeys(filter(None, names)))
        more = ["…"] if len(names) > MAX_PRODUCTS else []
        return ", ".join([*names[:MAX_PRODUCTS], *more])

    def _get_original_amount(self):
        """Original amount of an item of which only a part is asked; 0 when all of it is asked."""
        self.ensure_one()
        original = self.move_line_id.amount_currency
        partly = self.currency_id.compare_amounts(original, self.amount_residual) > 0
        return original if partly else 0.0
