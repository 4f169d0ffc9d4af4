from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

LOG_CHANNELS = [
    ("call", "Phone call"),
    ("visit", "Visit"),
    ("chat", "Chat message"),
    ("other", "Other"),
]
# A promise that nothing else was agreed on falls due after so many working days.
PROMISE_WORKING_DAYS = 5
# Nobody plans a call further ahead.
MAX_NEXT_CALL_DAYS = 365
# Outcomes of a real conversation: the call or visit was made.
TALKED = ("promise", "not_received", "dispute", "cannot_pay", "other")


class DunningContact(models.Model):
    """A call, visit or chat with a debtor and what came of it: history, never rewritten.

    Logging one has its effect at once: a promise or dispute holds reminders, a wrong number moves
    the reminder to its next channel. What it does is in `dunning_contact_effect.py`.
    """

    _name = "dunning.contact"
    _description = "Contact with a Debtor"
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="cascade"
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    notice_id = fields.Many2one(
        "dunning.notice",
        "Reminder",
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
        groups="account_credit_management.group_collector",
    )
    activity_id = fields.Many2one("mail.activity", index="btree_not_null", ondelete="set null")
    move_line_ids = fields.Many2many(
        "account.move.line",
        string="Items",
        check_company=True,
        groups="account_credit_management.group_collector",
        help="What the talk was about. Empty: everything that is overdue.",
    )
    channel = fields.Selection(
        LOG_CHANNELS,
        required=True,
        default="call",
    )
    date = fields.Date(
        required=True,
        compute="_compute_date",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
    )
    user_id = fields.Many2one(
        "res.users", "By", required=True, default=lambda self: self.env.user, ondelete="restrict"
    )
    outcome = fields.Selection(
        [
            ("promise", "Will pay"),
            ("not_received", "Never received it"),
            ("dispute", "Disputes it"),
            ("cannot_pay", "Cannot pay"),
            ("no_answer", "No answer"),
            ("wrong_number", "Wrong number"),
            ("other", "Other"),
        ],
        required=True,
    )
    spoken_to = fields.Char(help="The person who said it.")
    currency_id = fields.Many2one("res.currency")
    promise_date = fields.Date("Promised For")
    promise_amount = fields.Monetary("Promised Amount")
    promise_ids = fields.One2many("collection.promise", "contact_id", "Promises")
    dispute_amount = fields.Monetary(
        "Disputed Amount", help="Zero: the items are disputed as a whole."
    )
    next_date = fields.Date("Call Again On")
    note = fields.Text()

    _amounts_positive = models.Constraint(
        "CHECK (COALESCE(promise_amount, 0) >= 0 AND COALESCE(dispute_amount, 0) >= 0)",
        "Amounts cannot be negative.",
    )

    # === CONSTRAINTS ===#
    @api.constrains("partner_id", "notice_id", "move_line_ids", "activity_id")
    def _check_same_debtor(self):
        """Effects happen with superuser rights: they must stay with this debtor."""
        for contact in self.sudo():
            debtor = contact.partner_id.commercial_partner_id
            debtors = contact.move_line_ids.partner_id.commercial_partner_id
            debtors |= contact.notice_id.partner_id
            activity = contact.activity_id
            foreign_activity = activity and (
                activity.res_model != "res.partner"
                or not activity.dunning_channel
                or activity.res_id != debtor.id
                or activity.dunning_company_id != contact.company_id
            )
            if debtors - debtor or foreign_activity:
                raise ValidationError(
                    self.env._("This is not about %s.", contact.partner_id.display_name)
                )

    @api.constrains("outcome", "date", "promise_date", "next_date")
    def _check_dates(self):
        for contact in self:
            company = contact.company_id
            if contact.date > company._get_dunning_today():
                raise ValidationError(self.env._("A talk is logged once it took place."))
            promised = contact.outcome == "promise" and contact.promise_date
            last = company._get_last_promise_date(contact.date)
            if promised and not contact.date <= promised <= last:
                raise ValidationError(company._get_promise_too_late_text())
            latest = contact.date + timedelta(days=MAX_NEXT_CALL_DAYS)
            if contact.next_date and not contact.date <= contact.next_date <= latest:
                raise ValidationError(
                    self.env._("The next call is on a day to come, within a year from now.")
                )

    # === COMPUTE ===#
    @api.depends("company_id")
    def _compute_date(self):
        for contact in self:
            contact.date = contact.date or contact.company_id._get_dunning_today()

    @api.depends("partner_id", "outcome", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for contact in self:
            contact.display_name = f"{contact._get_label('outcome')} ({contact.date})"

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Log talks and carry out what follows from them, in the name of who had them."""
        if not self.env.su:
            vals_list = [{**vals, "user_id": self.env.uid} for vals in vals_list]
        contacts = super().create(vals_list)
        for contact in contacts.sudo():
            contact._fill_in()
            text = contact._apply()
            contact._post_in_chatter(text)
        return contacts

    # === BUSINESS ===#
    @api.model
    def _get_promise_date(self, company, day):
        """The day for which a promise counts when none was named."""
        last = company._get_last_promise_date(day)
        for _index in range(PROMISE_WORKING_DAYS):
            day = self._get_next_working_day(company, day)
        return min(day, last)

    @api.model
    def _get_next_working_day(self, company, day):
        day += timedelta(days=1)
        while not company._is_dunning_working_day(day):
            day += timedelta(days=1)
        return day

    @api.model
    def _get_dialog_defaults(self, notice=None, partner=None, moves=None):
        """Defaults of a dialog about a reminder, about invoices, or about a debtor."""
        if notice:
            return {
                "default_notice_id": notice.id,
                "default_partner_id": notice.partner_id.id,
                "default_company_id": notice.company_id.id,
            }
        if moves:
            return {
                "default_move_ids": [fields.Command.set(moves.ids)],
                "default_partner_id": moves.commercial_partner_id.id,
                "default_company_id": moves.company_id.id,
            }
        return {"default_partner_id": partner.id, "default_company_id": self.env.company.id}

    @api.model
    def _find_items(self, company, partner, notice=None, moves=None):
        """The open items that a talk is about: those of a reminder or of invoices, else what is
        overdue, else what is open at all. Meant to be called with superuser rights."""
        items = self.env["account.move.line"]
        if notice:
            items = notice._get_valid_lines().move_line_id
        elif moves:
            items = moves._get_dunning_items()
        items = items.filtered(
            lambda item: (
                not item.reconciled
                and item.parent_state == "posted"
                and item.amount_residual_currency > 0
            )
        )
        if not items:
            items = self._find_open_items(company, partner)
            today = company._get_dunning_today()
            items = items.filtered(lambda item: item.date_maturity < today) or items
        return items.sorted(lambda item: (item.date_maturity or item.date, item.id))

    @api.model
    def _find_open_items(self, company, partner):
        return self.env["account.move.line"].search(
            [
                ("company_id", "=", company.id),
                ("partner_id.commercial_partner_id", "=", partner.commercial_partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
                ("date_maturity", "!=", False),
            ]
        )

    @api.model
    def _choose_currency(self, company, items, notice=None):
        """The currency in which amounts are agreed: of the reminder, else that of most of the
        money."""
        if notice:
            return notice.currency_id
        totals = {
            currency: sum(part.mapped("amount_residual"))
            for currency, part in items.grouped("currency_id").items()
        }
        return max(totals, key=totals.get, default=company.currency_id)

    @api.model
    def _sum_items(self, items, currency):
        """What is open of the items in a currency; others are never added unconverted."""
        return currency.round(
            sum(
                items.filtered(lambda item: item.currency_id == currency).mapped(
                    "amount_residual_currency"
                )
            )
        )

    def _fill_in(self):
        """Complete what was left open with what is most likely meant."""
        self.ensure_one()
        values = {}
        debtor = self.partner_id.commercial_partner_id
        if self.partner_id != debtor:
            values["partner_id"] = debtor.id
        activity = self.activity_id
        notice = self.notice_id or activity.dunning_notice_id
        if notice and not self.notice_id:
            values["notice_id"] = notice.id
        items = self.move_line_ids or self._find_items(
            self.company_id, debtor, notice, activity.dunning_move_ids
        )
        currency = self.currency_id or self._choose_currency(self.company_id, items, notice)
        values |= {
            "move_line_ids": [fields.Command.set(items.ids)],
            "currency_id": currency.id,
        }
        if self.outcome == "promise":
            values["promise_date"] = self.promise_date or self._get_promise_date(
                self.company_id, self.date
            )
            values["promise_amount"] = self.promise_amount or self._sum_items(items, currency)
        self.write(values)

    def _get_label(self, name):
        """The label of a selection field in the language of the user."""
        self.ensure_one()
        return dict(self._fields[name]._description_selection(self.env))[self[name]]

    def _post_in_chatter(self, text):
        """One message on the debtor tells who said what and what follows from it."""
        self.ensure_one()
        if self.env.context.get("dunning_contact_quiet"):
            return
        body = Markup("<div><b>%s: %s</b></div>") % (
            self._get_label("channel"),
            self._get_label("outcome"),
        )
        for line in (text, self.note):
            if line:
                body += Markup("<div>%s</div>") % line
        items = self.move_line_ids.move_id
        if items:
            body += Markup('<div class="text-muted">%s</div>') % ", ".join(
                name for name in items.mapped("name") if name
            )
        self.partner_id.message_post(
            body=body, author_id=self.user_id.partner_id.id, subtype_xmlid="mail.mt_note"
        )

    def _format_day(self, day):
        return format_date(self.env, day)
