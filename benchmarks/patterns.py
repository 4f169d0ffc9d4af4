"""A handful of documents, posted and paid through the ORM, that the generator copies."""

from datetime import timedelta
from typing import NamedTuple

from odoo import Command

# Days from invoice to due date. The second part of an invoice in two parts follows as much later.
TERM = 30
AMOUNTS = (10.0, 200.0, 3000.0)


class Pattern(NamedTuple):
    """One document with what belongs to it: the invoice, then the bank entry that pays it."""

    name: str
    move_ids: tuple[int, ...]
    partial_id: int | None
    full_id: int | None


def make_patterns(env, partner, day):
    """Post the documents that are to be copied.

    Invoices fall due on ``day`` (in two parts: the first part), money came in on ``day``.
    """
    maker = _Maker(env, partner, day)
    patterns = [
        maker.open_invoice(f"open_{number}", amount) for number, amount in enumerate(AMOUNTS)
    ]
    patterns += [
        maker.installments("installments", 500.0),
        maker.paid_invoice("part_paid", 400.0, share=0.5),
        maker.paid_invoice("paid", 300.0, share=1.0),
        maker.unallocated("credit", 50.0),
        maker.unallocated("large_credit", 100000.0),
    ]
    env.flush_all()
    return {pattern.name: pattern for pattern in patterns}


class _Maker:
    def __init__(self, env, partner, day):
        self.env = env
        self.partner = partner
        self.day = day
        self.bank = env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
        )
        self.terms = env["account.payment.term"].create(
            {
                "name": "In two parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 40, "nb_days": TERM}),
                    Command.create({"value": "percent", "value_amount": 60, "nb_days": 2 * TERM}),
                ],
            }
        )

    def open_invoice(self, name, amount):
        return self._pattern(name, self._invoice(amount))

    def installments(self, name, amount):
        return self._pattern(name, self._invoice(amount, invoice_payment_term_id=self.terms.id))

    def paid_invoice(self, name, amount, share):
        """An invoice of which money on the bank covers a share."""
        invoice = self._invoice(amount)
        entry = self._receipt(invoice.currency_id.round(invoice.amount_total * share))
        items = self._receivable(invoice + entry)
        items.reconcile()
        partial = items.matched_debit_ids | items.matched_credit_ids
        return self._pattern(name, invoice + entry, partial, items.full_reconcile_id)

    def unallocated(self, name, amount):
        return self._pattern(name, self._receipt(amount))

    def _invoice(self, amount, **values):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner.id,
                "invoice_date": self.day - timedelta(days=TERM),
                "invoice_date_due": self.day,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": name,
                            "price_unit": amount * share,
                            "tax_ids": self.env.company.account_sale_tax_id.ids,
                        }
                    )
                    for name, share in (("Goods", 0.75), ("Service", 0.25))
                ],
                **values,
            }
        )
        invoice.action_post()
        invoice.is_move_sent = True
        return invoice

    def _receipt(self, amount):
        account = self.partner.property_account_receivable_id
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": self.bank.id,
                "date": self.day,
                "line_ids": [
                    Command.create(
                        {"account_id": self.bank.default_account_id.id, "debit": amount}
                    ),
                    Command.create(
                        {
                            "account_id": account.id,
                            "partner_id": self.partner.id,
                            "credit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        return entry

    def _receivable(self, moves):
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _pattern(self, name, moves, partial=None, full=None):
        return Pattern(
            name=name,
            move_ids=tuple(moves.ids),
            partial_id=partial.id if partial else None,
            full_id=full.id if full else None,
        )
