from odoo import models


class PaymentTransaction(models.Model):
    """Orders that a customer pays online: raising would undo what he paid."""

    _inherit = "payment.transaction"

    # === BUSINESS ===#
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

    # === HOOKS ===#
    def _register_hook(self):
        """Whatever confirms an order while a payment is processed leaves a held one as it is.

        The method is wrapped rather than extended: other modules confirm orders before they call
        what they extend, as payment on delivery does.
        """
        super()._register_hook()
        transaction_class = self.env.registry[self._name]
        origin = transaction_class._post_process
        if hasattr(origin, "credit_origin"):
            return

        def _post_process(transactions):
            return origin(transactions.with_context(credit_hold_soft=True))

        _post_process.credit_origin = origin
        transaction_class._post_process = _post_process

    def _unregister_hook(self):
        res = super()._unregister_hook()
        transaction_class = self.env.registry[self._name]
        if hasattr(transaction_class.__dict__.get("_post_process"), "credit_origin"):
            del transaction_class._post_process
        return res
