from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tools import format_date

PROMISE_STATES = [
    ("open", "Open"),
    ("kept", "Kept"),
    ("partly", "Partly Kept"),
    ("broken", "Broken"),
    ("cancelled", "Replaced or Withdrawn"),
]
PROMISE_CHANNELS = [
    ("call", "Phone call"),
    ("visit", "Visit"),
    ("chat", "Chat message"),
    ("mail", "E-mail"),
    ("portal", "Portal"),
    ("other", "Other"),
]
# What people may still change of a promise; all else was said, or follows from payments.
EDITABLE_FIELDS = {"note", "promised_by", "user_id"}
# What the code alone fills in.
INTERNAL_FIELDS = {
    "closed_date",
    "contact_id",
    "date_until",
    "item_ids",
    "notice_id",
    "replaced_by_id",
    "state",
}


class CollectionPromise(models.Model):
    """What a debtor promised to pay, and until when. Whether he kept it follows from payments.

    Making one has its effect at once: reminders of its items wait, and an older open promise about
    the same items is replaced. What happens to it afterwards is in `collection_promise_life.py`.
    """

    _name = "collection.promise"
    _description = "Promise to Pay"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"
    _check_company_auto = True

    # === FIELDS ===#
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", "Debtor", required=True, index=True, ondelete="restrict", tracking=True
    )
    debtor_code = fields.Char(related="partner_id.debtor_code")
    promised_by = fields.Char(help="The person who promised it.")
    channel = fields.Selection(PROMISE_CHANNELS, required=True, default="call")
    contact_id = fields.Many2one(
        "dunning.contact", "Talk", readonly=True, index="btree_not_null", ondelete="set null"
    )
    notice_id = fields.Many2one(
        "dunning.notice",
        "Reminder",
        readonly=True,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
        groups="account_credit_management.group_collector",
    )
    user_id = fields.Many2one(
        "res.users", "Noted By", required=True, default=lambda self: self.env.user
    )
    date_made = fields.Date("Promised On", required=True)
    date = fields.Date("Pays On", required=True, tracking=True)
    date_until = fields.Date(
        "Held Until",
        readonly=True,
        help="The day promised and the grace of the company. What comes in later does not count.",
    )
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary("Promised Amount", required=True, tracking=True)
    amount_received = fields.Monetary(
        "Received in Time",
        compute="_compute_amount_received",
        compute_sudo=True,
        help="Of the items, from the promise until the day that it is held.",
    )
    item_ids = fields.One2many("collection.promise.item", "promise_id", "Items")
    documents = fields.Char("Invoices", compute="_compute_documents", compute_sudo=True)
    state = fields.Selection(
        PROMISE_STATES,
        required=True,
        default="open",
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    closed_date = fields.Date("Settled On", readonly=True, copy=False)
    replaced_by_id = fields.Many2one(
        "collection.promise", readonly=True, copy=False, ondelete="set null"
    )
    note = fields.Text()

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A promise is about an amount.")
    _dates_in_order = models.Constraint(
        "CHECK (date >= date_made)", "A promise is for a day to come."
    )

    # === CONSTRAINTS ===#
    @api.constrains("date_made", "date", "company_id")
    def _check_dates(self):
        for promise in self:
            company = promise.company_id
            if promise.date_made > company._get_dunning_today():
                raise ValidationError(self.env._("A promise is noted once it was made."))
            if promise.date > company._get_last_promise_date(promise.date_made):
                raise ValidationError(company._get_promise_too_late_text())

    @api.constrains("partner_id", "currency_id", "item_ids")
    def _check_items(self):
        """Holding items happens with superuser rights: they must be of this debtor."""
        for promise in self.sudo():
            lines = promise.item_ids.move_line_id
            if lines.partner_id.commercial_partner_id - promise.partner_id:
                raise ValidationError(
                    self.env._("This is not about %s.", promise.partner_id.display_name)
                )
            if lines.currency_id - promise.currency_id:
                raise ValidationError(self.env._("A promise is about items of one currency."))

    # === COMPUTE ===#
    @api.depends("partner_id.display_name", "amount", "date", "currency_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for promise in self:
            promise.display_name = promise.currency_id and (
                f"{promise.partner_id.display_name}: {promise._get_short_text()}"
            )

    @api.depends("date_until", "item_ids.move_line_id.amount_residual_currency")
    def _compute_amount_received(self):
        received = self._get_received()
        for promise in self:
            promise.amount_received = received.get(promise._origin.id, 0.0)

    @api.depends("item_ids.move_id.name")
    def _compute_documents(self):
        for promise in self:
            names = promise.item_ids.move_id.sorted("id").mapped("name")
            promise.documents = ", ".join(name for name in names if name)

    # === CRUD ===#
    @api.model_create_multi
    def create(self, vals_list):
        """Note promises and let reminders wait for them.

        What is not said is what is most likely meant: everything that is overdue, in full.
        """
        if not self.env.su:
            for vals in vals_list:
                self._check_editable(INTERNAL_FIELDS & set(vals))
                self.env["res.partner"].browse(vals.get("partner_id")).check_access("read")
            vals_list = [{**vals, "user_id": self.env.uid} for vals in vals_list]
        self.check_access("create")
        promises = super(CollectionPromise, self.sudo()).create(
            [self.sudo()._complete_values(vals) for vals in vals_list]
        )
        promises.with_env(self.env).check_access("create")
        for promise in promises:
            promise._begin()
        return promises.with_env(self.env)

    def write(self, vals):
        """Only remarks can be changed by people: another day or amount is another promise."""
        if not self.env.su:
            readonly = set(vals) & set(self._fields) - EDITABLE_FIELDS
            self._check_editable(
                {name for name in readonly if not name.startswith(("message_", "activity_"))}
            )
        return super().write(vals)

    # === ACTIONS ===#
    def action_withdraw(self):
        """Take a promise back that was noted by mistake: reminders go on."""
        self.check_access("write")
        self._withdraw()

    def action_open_debtor(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "view_mode": "form",
        }

    # === BUSINESS ===#
    def _check_editable(self, names):
        """Refuse what would bend the history of promises.

        :param set names: fields that somebody wants to write
        """
        if names:
            raise AccessError(
                self.env._(
                    "A promise stays as it was made. Note a new one, which replaces it. (%s)",
                    ", ".join(sorted(names)),
                )
            )

    @api.model
    def _make(self, company, partner, items, currency=None, amount=0.0, **values):
        """Note what was promised about some items: one promise per currency.

        :param items: open receivable lines of the debtor
        :param float amount: in ``currency``; all that is open in it, or 0, means that everything
            is paid, also what is in other currencies
        :param values: further values of the promises
        :return: the promises, none when nothing is open
        """
        contacts = self.env["dunning.contact"]
        by_currency = items.grouped("currency_id")
        if currency and not currency.is_zero(amount):
            total = contacts._sum_items(items, currency)
            if currency.compare_amounts(amount, total) < 0:
                by_currency = {currency: by_currency.get(currency, items.browse())}
        vals_list = []
        for promised, part in by_currency.items():
            total = contacts._sum_items(part, promised)
            if promised.compare_amounts(total, 0) > 0:
                vals_list.append(
                    {
                        **values,
                        "company_id": company.id,
                        "partner_id": partner.id,
                        "currency_id": promised.id,
                        "amount": amount if promised == currency and amount else total,
                        "item_ids": self._prepare_items(part),
                    }
                )
        return self.sudo().create(vals_list).sudo(self.env.su)

    @api.model
    def _prepare_items(self, lines):
        """Commands of the items of a promise: what is open of each now."""
        return [
            Command.create(
                {
                    "move_line_id": line.id,
                    "residual_start": line.amount_residual_currency,
                    "amount": line.amount_residual_currency,
                }
            )
            for line in lines.sorted(lambda line: (line.date_maturity or line.date, line.id))
        ]

    @api.model
    def _complete_values(self, vals):
        """Values of a promise with all that was not said."""
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        debtor = self.env["res.partner"].browse(vals.get("partner_id")).commercial_partner_id
        made = fields.Date.to_date(vals.get("date_made")) or company._get_dunning_today()
        contacts = self.env["dunning.contact"]
        date = fields.Date.to_date(vals.get("date")) or contacts._get_promise_date(company, made)
        vals = {
            **vals,
            "company_id": company.id,
            "partner_id": debtor.id,
            "date_made": made,
            "date": date,
            "date_until": min(
                date + timedelta(days=company.promise_grace_days),
                company._get_last_promise_date(made),
            ),
        }
        if not vals.get("item_ids"):
            items = contacts._find_items(company, debtor)
            currency = self.env["res.currency"].browse(vals.get("currency_id"))
            currency = currency or contacts._choose_currency(company, items)
            items = items.filtered(lambda item: item.currency_id == currency)
            vals |= {
                "currency_id": currency.id,
                "amount": vals.get("amount") or contacts._sum_items(items, currency),
                "item_ids": self._prepare_items(items),
            }
        if not vals["item_ids"]:
            raise ValidationError(
                self.env._("%s has nothing open to promise.", debtor.display_name)
            )
        return vals

    def _get_lines(self):
        """The items of a promise, oldest due date first."""
        return self.item_ids.move_line_id.sorted(
            lambda line: (line.date_maturity or line.date, line.id)
        )

    def _format_day(self, day):
        return format_date(self.env, day) if day else ""

    def _get_short_text(self):
        self.ensure_one()
        return self.env._(
            "%(amount)s for %(date)s",
            amount=self.currency_id.format(self.amount),
            date=self._format_day(self.date),
        )

    def _get_text(self):
        """What was promised, in a sentence without its full stop."""
        self.ensure_one()
        texts = {
            "amount": self.currency_id.format(self.amount),
            "date": self._format_day(self.date),
        }
        if self.promised_by:
            return self.env._(
                "Promised %(amount)s for %(date)s by %(person)s", person=self.promised_by, **texts
            )
        return self.env._("Promised %(amount)s for %(date)s", **texts)

    def _get_hold_text(self):
        """What was promised and how long reminders wait for it."""
        self.ensure_one()
        return self.env._(
            "%(promise)s; reminders wait until %(until)s.",
            promise=self._get_text(),
            until=self._format_day(self.date_until),
        )
