"""The bookkeeper: turns the documents of the plan into posted and reconciled entries."""

from collections import defaultdict
from datetime import timedelta

from odoo.fields import Command

from .setting import get_bank_journal


class Ledger:
    """Books documents and money of one company, in batches and in order of time."""

    def __init__(self, company, partners, products, terms, foreign_currency):
        self.env = company.env
        self.company = company
        self.partners = partners
        self.products = products
        self.terms = terms
        self.foreign_currency = foreign_currency
        self.bank = get_bank_journal(company)
        self.moves = {}
        self.residuals = {}

    def _analyze(self):
        """Tell the database how these tables have grown in this transaction.

        Without it the core's search for the payments of an invoice takes minutes instead of
        milliseconds on tables that were empty when the transaction began.
        """
        self.env.flush_all()
        self.env.cr.execute(
            "ANALYZE account_move, account_move_line, account_payment, account_partial_reconcile"
        )

    # === INVOICES ===#
    def post_invoices(self, documents):
        """Post one batch of invoices, and set what the plan says about their delivery."""
        moves = self.env["account.move"].create(
            [self._prepare_invoice_values(document) for document in documents]
        )
        moves.action_post()
        sent = [
            move.id for document, move in zip(documents, moves, strict=True) if document.bill.sent
        ]
        moves.browse(sent).is_move_sent = True
        for document, move in zip(documents, moves, strict=True):
            self.moves[document.key] = move
            self.residuals[document.key] = move.amount_total
            if document.bill.no_followup:
                move.no_followup = True
            if document.bill.blocked:
                move.action_toggle_block_payment()

    def _prepare_invoice_values(self, document):
        bill = document.bill
        return {
            "move_type": "out_invoice",
            "partner_id": self.partners[bill.to or document.debtor].id,
            "currency_id": (bill.currency and self.foreign_currency or self.company.currency_id).id,
            "invoice_date": document.issued,
            "invoice_payment_term_id": self.terms[bill.term].id,
            "ref": f"PO-{document.key}".upper().replace("_", "-"),
            "invoice_line_ids": self._prepare_lines(bill.lines),
        }

    def _prepare_lines(self, lines):
        return [
            Command.create({"product_id": self.products[product].id, "quantity": quantity})
            for product, quantity in lines
        ]

    # === MONEY ===#
    def settle(self, documents, period):
        """Book the credit notes and payments of a period and reconcile them with the invoices."""
        self._analyze()
        credited = [d for d in documents if d.credit and d.credit[0] in period]
        for document, refund in zip(credited, self._post_refunds(credited), strict=True):
            self.residuals[document.key] -= refund.amount_total
        plan = defaultdict(lambda: self.env["account.move.line"])
        paid = [
            (document, day, amount)
            for document in documents
            for day, pay in document.payments
            if day in period and (amount := self._take_amount(document.key, pay)) > 0
        ]
        for (document, _day, _amount), payment in zip(paid, self._post_payments(paid), strict=True):
            plan[document.key] |= self.get_receivable_lines(payment.move_id)
        self.env["account.move.line"]._reconcile_plan(
            [
                self.get_receivable_lines(self.moves[key]).filtered(
                    lambda line: not line.reconciled
                )
                | lines
                for key, lines in plan.items()
            ]
        )

    def _take_amount(self, key, pay):
        """Amount of a payment, never more than what is left of the invoice."""
        move = self.moves[key]
        wanted = move.currency_id.round(move.amount_total * pay.share - pay.short)
        amount = min(wanted, move.currency_id.round(self.residuals[key]))
        self.residuals[key] -= amount
        return amount

    def _post_refunds(self, documents):
        """Post credit notes; posting reconciles them with the invoice they reverse."""
        refunds = self.env["account.move"].create(
            [
                {
                    **self._prepare_invoice_values(document),
                    "move_type": "out_refund",
                    "invoice_date": document.credit[0],
                    "invoice_payment_term_id": False,
                    "reversed_entry_id": self.moves[document.key].id,
                    "invoice_line_ids": self._prepare_lines(document.credit[1]),
                }
                for document in documents
            ]
        )
        refunds.action_post()
        return refunds

    def _post_payments(self, paid):
        payments = self.env["account.payment"].create(
            [
                {
                    **self._prepare_payment_values(
                        move.commercial_partner_id, amount, day, move.currency_id
                    ),
                    "memo": move.payment_reference,
                    "invoice_ids": [Command.link(move.id)],
                }
                for document, day, amount in paid
                if (move := self.moves[document.key])
            ]
        )
        payments.action_post()
        return payments

    def _prepare_payment_values(self, debtor, amount, day, currency):
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": debtor.id,
            "amount": amount,
            "date": day,
            "currency_id": currency.id,
            "journal_id": self.bank.id,
        }

    def get_receivable_lines(self, moves):
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def receive(self, items, amount, day):
        """Book money for items of one debtor, and reconcile it with them."""
        payment = self.env["account.payment"].create(
            {
                **self._prepare_payment_values(
                    items.partner_id.commercial_partner_id, amount, day, items.currency_id
                ),
                "memo": items.move_id[:1].payment_reference,
                "invoice_ids": [Command.set(items.move_id.ids)],
            }
        )
        payment.action_post()
        (items | self.get_receivable_lines(payment.move_id)).reconcile()

    def start_payments(self, documents, provider):
        """Let debtors begin an online payment of which the provider has not told the outcome."""
        for document in documents:
            move = self.moves[document.key]
            self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                    "reference": move.payment_reference,
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "partner_id": move.partner_id.id,
                    "invoice_ids": [Command.link(move.id)],
                }
            )._set_pending()

    def return_direct_debits(self, documents, period):
        """Let the bank return the direct debits of a period."""
        for document in documents:
            day = document.due + timedelta(days=document.bill.returned)
            if document.bill.returned and day in period:
                self.moves[document.key]._return_direct_debit(day, "Insufficient funds")

    # === NOT ALLOCATED ===#
    def book_loose_money(self, debtors, today, period):
        """Post the payments and credit notes that nobody has allocated to an invoice."""
        loose = [
            (self.partners[debtor.key], entry, day)
            for debtor in debtors
            for entry in debtor.loose
            if (day := today - timedelta(days=entry.days_ago)) in period
        ]
        self.env["account.payment"].create(
            [
                self._prepare_payment_values(partner, entry.amount, day, self.company.currency_id)
                for partner, entry, day in loose
                if entry.kind == "payment"
            ]
        ).action_post()
        self.env["account.move"].create(
            [
                {
                    "move_type": "out_refund",
                    "partner_id": partner.id,
                    "invoice_date": day,
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Goodwill",
                                "quantity": 1,
                                "price_unit": entry.amount,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
                for partner, entry, day in loose
                if entry.kind == "credit"
            ]
        ).action_post()
