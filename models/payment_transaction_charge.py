import logging

import psycopg2

from odoo import fields, models
from odoo.fields import Command

from .receivable_charge import OWED_STATES

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """Costs and interest that a debtor pays together with his items: they are invoiced when the
    money comes."""

    _inherit = "payment.transaction"

    # === FIELDS ===#
    charge_ids = fields.Many2many(
        "receivable.charge",
        "receivable_charge_transaction_rel",
        "transaction_id",
        "charge_id",
        "Costs and Interest",
        readonly=True,
        copy=False,
        groups="account_credit_management.group_collector",
        help="What is paid beside the invoices, and was not in the books when it was asked.",
    )

    # === BUSINESS ===#
    def _create_payment(self, **extra_create_values):
        # EXTENDS 'account_payment'
        source = self.source_transaction_id
        transaction = source if source and self.operation == source.operation else self
        transaction._book_paid_charges(self.amount)
        return super()._create_payment(**extra_create_values)

    def _book_paid_charges(self, amount):
        """Invoice those of the charges for which this payment has money.

        Nothing that goes wrong here undoes the payment: its money then stays with the debtor, to
        be allocated by hand.

        :param float amount: what was paid
        """
        self.ensure_one()
        charges = self.sudo().charge_ids
        document = self._get_payable_document()
        if not charges or not document:
            return
        todo = charges.union(*(charge._get_successor() for charge in charges)).filtered(
            lambda charge: charge.state in OWED_STATES and charge.amount_open
        )
        rest = amount
        if document.company_id.sudo().payment_allocation == "principal":
            rest -= sum(document._get_settled_amounts(self).values())
        paid = charges.browse()
        for charge in todo.sorted(lambda charge: (document._get_charge_rank(charge), charge.id)):
            if charge.currency_id.compare_amounts(rest, 0) > 0:
                paid |= charge
                rest -= charge.amount_open
        try:
            with self.env.cr.savepoint():
                moves = paid._put_in_books()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.exception("Costs paid with %s could not be invoiced", self.reference)
            paid.invalidate_recordset()
            paid._tell_problem(str(error))
            return
        self.invoice_ids = [Command.link(move.id) for move in moves]
