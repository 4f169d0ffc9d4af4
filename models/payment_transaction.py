from contextlib import contextmanager

from odoo import fields, models


class PaymentTransaction(models.Model):
    """A transaction that pays a reminder, or installments: their items and nothing else.

    The core reconciles a payment with everything that is open on the invoices, parts that are
    disputed or not yet due included.
    """

    _inherit = "payment.transaction"

    # === FIELDS ===#
    dunning_notice_id = fields.Many2one(
        "dunning.notice",
        "Reminder",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The reminder that is paid with this transaction.",
    )

    arrangement_id = fields.Many2one(
        "installment.arrangement",
        "Installment Arrangement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The arrangement of which installments are paid with this transaction.",
    )

    # === BUSINESS ===#
    def _compute_reference_prefix(self, separator, **values):
        # EXTENDS 'payment': the number of the document, also when it is about many invoices.
        for name in ("dunning_notice_id", "arrangement_id"):
            if values.get(name):
                model = self._fields[name].comodel_name
                return self.env[model].browse(values[name]).name
        return super()._compute_reference_prefix(separator, **values)

    def _create_payment(self, **extra_create_values):
        # EXTENDS 'account_payment': the payment of a document is the debtor's, whoever made it,
        # and settles the undisputed part of its items, oldest due date first. What is left over,
        # because an item was paid otherwise meanwhile, stays open as money of the debtor.
        document = self._get_payable_document()
        if not document:
            return super()._create_payment(**extra_create_values)
        amounts = document._get_settled_amounts(self)
        account = self._get_settled_account(amounts)
        amounts = {item: part for item, part in amounts.items() if item.account_id == account}
        if account:
            extra_create_values["destination_account_id"] = account.id
        with self._without_invoices():
            payment = super()._create_payment(
                **{**extra_create_values, "partner_id": document.partner_id.id}
            )
        self._settle_items(payment, amounts)
        return payment

    def _get_payable_document(self):
        """The reminder or arrangement this transaction pays, if any; a partial capture pays that
        of its source."""
        self.ensure_one()
        source = self.source_transaction_id
        transaction = source if source and self.operation == source.operation else self
        for document in (
            self.dunning_notice_id,
            self.arrangement_id,
            transaction.dunning_notice_id,
            transaction.arrangement_id,
        ):
            if document:
                return document
        return None

    def _get_settled_account(self, amounts):
        """The receivable account with the largest part of the amounts, as a payment has one."""
        totals = {}
        for item, amount in amounts.items():
            totals[item.account_id] = totals.get(item.account_id, 0.0) + amount
        return max(totals, key=totals.get, default=self.env["account.account"])

    @contextmanager
    def _without_invoices(self):
        """Hide the invoices from the core while it creates the payment.

        They are linked for the sake of people, and so that a payment under way shows on them.
        """
        linked = {
            transaction: transaction.invoice_ids
            for transaction in self | self.source_transaction_id
        }
        (self | self.source_transaction_id).invoice_ids = False
        yield
        for transaction, invoices in linked.items():
            transaction.invoice_ids = invoices

    def _settle_items(self, payment, amounts):
        """Reconcile a payment with items up to the given amounts, in their order.

        A payment without journal entry, as its method may want, is linked to the invoices until
        the bank statement comes.

        :param dict amounts: amount by ``account.move.line``, in the currency of the items
        """
        items = self.env["account.move.line"].concat(*amounts)
        if not payment.move_id:
            payment.invoice_ids = items.move_id
            return
        money = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.destination_account_id and not line.reconciled
        )
        limits, rest = {}, payment.amount
        for item, amount in amounts.items():
            part = item.currency_id.round(min(amount, rest))
            if item.currency_id.compare_amounts(part, 0) > 0:
                limits[item.id] = part
                rest -= part
        items = items.filtered(lambda item: item.id in limits)
        if money and items:
            (money + items).with_context(reconcile_limits=limits).reconcile()

    def _log_message_on_linked_documents(self, message):
        # EXTENDS 'account_payment': on the reminder or arrangement too.
        res = super()._log_message_on_linked_documents(message)
        document = self._get_payable_document()
        if document:
            document._message_log(body=message)
        return res
