from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tools import format_date

from .groups import COLLECTOR

# Of a claim over many invoices so many are named on the invoice.
MAX_NAMED = 5
# Where no reminder gave a term.
PAYMENT_DAYS = 14


class ReceivableCharge(models.Model):
    """Costs and interest in the books: an ordinary invoice, and a credit note when waived."""

    _inherit = "receivable.charge"

    # === FIELDS ===#
    invoice_line_id = fields.Many2one(
        "account.move.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the invoice with this charge.",
    )
    credit_move_id = fields.Many2one(
        "account.move",
        "Credit Note",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    booking_problem = fields.Char(
        readonly=True, copy=False, help="Why it could not be invoiced by itself."
    )

    # === ACTIONS ===#
    def action_book(self):
        """Invoice these charges, one invoice for each debtor, and open what was made."""
        self._check_right(COLLECTOR)
        moves = self._book()
        if not moves:
            raise UserError(self.env._("There is nothing to invoice here any more."))
        return moves._get_records_action(name=self.env._("Invoices"))

    def action_open_invoice(self):
        self.ensure_one()
        return (self.move_id | self.credit_move_id)._get_records_action(name=self.env._("Invoices"))

    # === BUSINESS: INVOICE ===#
    def _book(self, post=True):
        """Invoice charges that are due, and claim and invoice those that are announced: one
        invoice for what one debtor owes in one currency. Others are skipped.

        :param bool post: whether the invoice is posted; else it waits as a draft
        :return: the invoices, as superuser
        :raise UserError: when a product, an account or the journal is missing
        """
        self.sudo()._lock()
        todo = self.sudo().filtered(lambda charge: charge.state in ("announced", "due"))
        todo._claim()
        moves = self.env["account.move"].sudo()
        for (company, partner, currency), charges in todo.grouped(
            lambda charge: (charge.company_id, charge.partner_id, charge.currency_id)
        ).items():
            charges = charges.with_company(company).sorted("id")
            move = charges._make_invoice(company, partner, currency)
            charges._set_invoiced(move)
            if post:
                move._post(soft=False)
                # The reminder has told the debtor of it: none waits for the invoice to be sent.
                move.is_move_sent = all(charges.notice_id.mapped("sent_date"))
            moves |= move
        return moves

    def _book_or_tell(self, post=True):
        """Invoice charges where nobody waits for the answer: what is in the way stops nothing
        else. The contact for debtors hears of it, and it is tried again every day.

        :return: the invoices
        """
        try:
            with self.env.cr.savepoint():
                moves = self._book(post=post)
        except (UserError, RedirectWarning) as error:
            charges = self.sudo().filtered(lambda charge: charge.state == "due")
            charges._tell_problem(str(error.args[0]))
            return self.env["account.move"].sudo()
        self.sudo().booking_problem = False
        return moves

    @api.model
    def _retry_booking(self, company):
        """Try again what could not be invoiced by itself."""
        failed = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "due"),
                ("booking_problem", "!=", False),
            ]
        )
        for charge in failed:
            charge._book_or_tell(post=charge.level_id.charge_mode != "draft")

    def _tell_problem(self, problem):
        self.booking_problem = problem
        summary = self.env._("Costs or interest cannot be invoiced")
        for company, charges in self.grouped("company_id").items():
            user = company.dunning_user_id.filtered("active") or self.env.user
            debtors = self.env["res.partner"].sudo()
            asked = self.env["mail.activity"].sudo()
            # The reason is mostly one setting: one activity is enough.
            if not asked.search_count(
                [("summary", "=", summary), ("user_id", "=", user.id)], limit=1
            ):
                debtors = charges.partner_id[:1]
            debtors.activity_schedule(
                "mail.mail_activity_data_todo", summary=summary, note=problem, user_id=user.id
            )

    def _make_invoice(self, company, partner, currency):
        """A draft invoice with a line for each of these charges."""
        today = company._get_dunning_today()
        user = partner.user_id or company.dunning_user_id
        return self.env["charge.invoice"]._make(
            company,
            partner,
            currency,
            today,
            max(charge._get_payment_day(today) for charge in self),
            self.with_context(lang=partner.lang or self.env.lang)._prepare_invoice_lines(company),
            invoice_origin=", ".join(dict.fromkeys(self.mapped("name"))),
            invoice_user_id=user.id or self.env.uid,
        )

    def _prepare_invoice_lines(self, company):
        """A line for each of these charges, as ``charge.invoice`` takes them, in the language of
        the context."""
        invoices = self.env["charge.invoice"]
        return [
            (
                invoices._get_product(company, charge.kind),
                charge._get_invoice_text(),
                charge.amount,
            )
            for charge in self
        ]

    def _get_payment_day(self, today):
        """The last day to pay: that of the reminder as long as it lies ahead."""
        self.ensure_one()
        days = self.level_id.payment_days or PAYMENT_DAYS
        start = self.notice_id.sent_date or today
        return max(fields.Date.add(start, days=days), today)

    def _get_invoice_text(self):
        """What it is for, in the language of the context."""
        self.ensure_one()
        names = list(dict.fromkeys(self.item_ids.move_id.mapped("name")))
        if len(names) > MAX_NAMED:
            rest = len(names) - MAX_NAMED
            names = [*names[:MAX_NAMED], self.env._("and %s more", rest)]
        names = ", ".join(names)
        if self.kind == "costs":
            return self.env._(
                "Costs of collecting (%(number)s): %(invoices)s", number=self.name, invoices=names
            )
        return self.env._(
            "Interest on late payment until %(day)s (%(number)s): %(invoices)s",
            day=format_date(self.env, self.until),
            number=self.name,
            invoices=names,
        )

    def _set_invoiced(self, move):
        """Remember the invoice whose first lines are these charges, in order."""
        lines = move.invoice_line_ids.sorted("sequence")[: len(self)]
        for charge, line in zip(self.sudo(), lines, strict=True):
            charge.invoice_line_id = line
        self._transition("booked", move_id=move.id)

    # === BUSINESS: CREDIT ===#
    def _take_out_of_books(self, reason):
        """Undo the invoice of a charge that is waived: what is a draft still just goes."""
        self.ensure_one()
        move = self.move_id
        if move.state == "posted":
            self._credit(reason, self.invoice_line_id.price_total)
            return
        line = self.invoice_line_id
        self.write({"move_id": False, "invoice_line_id": False, "state_before": "due"})
        if move.state == "draft" and move.charge_ids:
            line.unlink()
        elif move.state == "draft":
            move.button_cancel()

    def _credit(self, reason, amount):
        """Credit an amount of this charge, tax included, through Odoo's own reversal; it pays what
        is open of the invoice first.

        :param float amount: in the currency of the charge, at most what was invoiced
        """
        self.ensure_one()
        move, line = self.move_id, self.invoice_line_id
        refund = move._reverse_moves(
            [
                {
                    "ref": self.env._("%(charge)s waived: %(why)s", charge=self.name, why=reason),
                    "invoice_date": self.company_id._get_dunning_today(),
                    "date": self.company_id._get_dunning_today(),
                }
            ]
        )
        price = line.price_unit
        if line.currency_id.compare_amounts(amount, line.price_total) < 0:
            price = line.currency_id.round(line.price_unit * amount / line.price_total)
        refund.invoice_line_ids = [
            Command.clear(),
            Command.create(self._prepare_credit_line(price, line.tax_ids)),
        ]
        cents = line.currency_id.round(amount - refund.amount_total)
        if not line.currency_id.is_zero(cents):
            # No price gives this amount with its tax exactly.
            no_taxes = line.tax_ids.browse()
            refund.invoice_line_ids = [Command.create(self._prepare_credit_line(cents, no_taxes))]
        refund._post(soft=False)
        self.credit_move_id = refund
        for items in (
            (refund | move)
            .line_ids.filtered(
                lambda item: item.account_type == "asset_receivable" and not item.reconciled
            )
            .grouped("account_id")
            .values()
        ):
            items.reconcile()

    def _prepare_credit_line(self, price, taxes):
        line = self.invoice_line_id
        return {
            "product_id": line.product_id.id,
            "name": line.name,
            "quantity": 1,
            "price_unit": price,
            "account_id": line.account_id.id,
            "tax_ids": [Command.set(taxes.ids)],
        }

    # === BUSINESS: INVOICES THAT CHANGE ===#
    @api.model
    def _on_cancelled(self, moves):
        """Invoices were cancelled or deleted: their charges are owed as before. So are those that
        a credit note waived which is no more.

        :param moves: ``account.move``
        """
        charges = self.sudo().search(
            [
                "|",
                *("&", ("move_id", "in", moves.ids), ("state", "=", "booked")),
                *("&", ("credit_move_id", "in", moves.ids), ("state", "=", "waived")),
            ]
        )
        booked = charges.filtered(lambda charge: charge.state == "booked")
        booked._transition("due", move_id=False, invoice_line_id=False)
        (charges - booked)._transition(
            "booked",
            credit_move_id=False,
            waive_reason=False,
            waived_by_id=False,
            waived_date=False,
        )

    def _follow_credit_notes(self):
        """An accountant credited the whole invoice by hand: the debtor was let off."""
        for charge in self.filtered(
            lambda charge: charge.state == "booked" and charge.move_id.payment_state == "reversed"
        ):
            refund = charge.move_id.reversal_move_ids.filtered(
                lambda refund: refund.state == "posted"
            )
            if not refund:
                continue
            charge._transition(
                "waived",
                waive_reason=self.env._("Credited with %s", ", ".join(refund.mapped("name"))),
                waived_by_id=self.env.uid,
                waived_date=fields.Date.context_today(charge),
                credit_move_id=refund[:1].id,
            )
