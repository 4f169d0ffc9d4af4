from odoo import models


class PaymentTransaction(models.Model):
    """Orders that a customer pays online: raising would undo what he paid."""

    _inherit = "payment.transaction"

    # === BUSINESS ===#
    def _post_process(self):
        # EXTENDS 'payment': whatever confirms an order in here leaves a held one as it is.
        return super(PaymentTransaction, self.with_context(credit_hold_soft=True))._post_process()

    def _check_amount_and_confirm_order(self):
        # EXTENDS 'sale'
        quotations = self.env["sale.order"]
        for transaction in self.filtered(lambda transaction: len(transaction.sale_order_ids) == 1):
            order = transaction.sale_order_ids
            if order.state in ("draft", "sent") and order._is_confirmation_amount_reached():
                quotations |= order
        held = quotations._hold_softly() if quotations else quotations
        passing = self.filtered(lambda transaction: not transaction.sale_order_ids & held)
        return super(PaymentTransaction, passing)._check_amount_and_confirm_order()
