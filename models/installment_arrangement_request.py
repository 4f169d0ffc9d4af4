from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html

from .dunning_notice_payment import NOT_PAYABLE_KINDS
from .installment_arrangement import HOLDING_STATES
from .installment_arrangement_portal import MESSAGE_LENGTH

# What a debtor can ask for online; anything longer is talked about.
MIN_COUNT = 2
MAX_COUNT = 36
DEFAULT_COUNT = 3
# The first payment: so many days from now unless he says otherwise, and at most.
FIRST_DAYS = 7
MAX_FIRST_DAYS = 31


class InstallmentArrangement(models.Model):
    """Debtors ask for an arrangement themselves: within the rules of the company they get an offer
    that they can sign, else somebody answers."""

    _inherit = "installment.arrangement"

    # === BUSINESS: WHAT CAN BE ASKED ===#
    @api.model
    def _get_askable_amounts(self, partner):
        """What a debtor can ask to pay in installments: what is overdue, else what is open, and
        what nobody else decides about.

        :return: amounts by item, by company and currency
        :rtype: dict
        """
        debtor = partner.sudo().commercial_partner_id
        found = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual_currency", ">", 0),
                    ("partner_id.commercial_partner_id", "=", debtor.id),
                    ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                ],
                order="date_maturity, id",
            )
        )
        groups = {}
        for (company, currency), items in found.grouped(
            lambda item: (item.company_id, item.currency_id)
        ).items():
            if company.arrangement_portal == "off" or self._get_open_request(debtor, company):
                continue
            today = company._get_dunning_today()
            amounts = self._get_free_amounts(debtor, items)
            late = {
                item: amount
                for item, amount in amounts.items()
                if (item.date_maturity or item.date) < today
            }
            if amounts:
                groups[company, currency] = late or amounts
        return groups

    @api.model
    def _get_free_amounts(self, debtor, items):
        """What is open of items of one company and in nobody else's hands: disputed, arranged,
        handed over.

        :return: amount by item
        :rtype: dict
        """
        blocks = (
            self.env["dunning.block"]
            .sudo()
            .search(
                [
                    ("company_id", "parent_of", items.company_id.ids),
                    ("state", "=", "active"),
                    ("kind", "in", NOT_PAYABLE_KINDS),
                    "|",
                    ("move_line_id", "in", items.ids),
                    "&",
                    ("move_line_id", "=", False),
                    ("partner_id", "in", [False, debtor.id]),
                ]
            )
        )
        taken = (
            self.env["installment.arrangement.item"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("arrangement_id.state", "in", HOLDING_STATES),
                ]
            )
            .move_line_id
        )
        parts = {}
        for block in blocks:
            covered = (block.move_line_id or items).filtered(block._covers)
            if not block.amount:
                taken |= covered
            for item in covered:
                parts[item] = parts.get(item, 0.0) + block.amount
        amounts = {
            item: item.currency_id.round(item.amount_residual_currency - parts.get(item, 0.0))
            for item in items - taken
        }
        return {
            item: amount
            for item, amount in amounts.items()
            if item.currency_id.compare_amounts(amount, 0) > 0
        }

    @api.model
    def _get_open_request(self, partner, company):
        """What a debtor asked for and nobody has answered, or was offered and has not signed."""
        return self.sudo().search(
            [
                ("partner_id", "=", partner.commercial_partner_id.id),
                ("company_id", "=", company.id),
                "|",
                ("state", "=", "offered"),
                "&",
                ("state", "=", "draft"),
                ("origin", "=", "portal"),
            ],
            limit=1,
        )

    @api.model
    def _get_request_values(self, company):
        """What the form proposes, with its limits."""
        today = company._get_dunning_today()
        return {
            "count": DEFAULT_COUNT,
            "min_count": MIN_COUNT,
            "max_count": MAX_COUNT,
            "interval": "month",
            "first_due": company._get_next_dunning_working_day(today + timedelta(days=FIRST_DAYS)),
            "first_min": today,
            "first_max": today + timedelta(days=MAX_FIRST_DAYS),
        }

    # === BUSINESS: ASKING ===#
    @api.model
    def _request_online(self, debtor, amounts, entered, contact):
        """Make what a debtor asks for on the portal. Nothing that was entered is trusted.

        :param dict amounts: part by ``account.move.line`` of one company and currency
        :param dict entered: ``count``, ``interval``, ``first_due``, ``message``, as the browser
            sent them
        :param contact: who asks, and gets the answer
        :return: the arrangement: offered when the rules allow it, else a draft
        :raise UserError: in words for the debtor
        """
        debtor = debtor.sudo().commercial_partner_id
        # Pressing the button twice makes one arrangement.
        debtor._lock_credit()
        items = self.env["account.move.line"].sudo().concat(*amounts)
        company, currency = items.company_id, items.currency_id
        free = self._get_free_amounts(debtor, items) if len(company) == 1 else {}
        if (
            len(currency) != 1
            or company.arrangement_portal == "off"
            or any(item not in free for item in amounts)
        ):
            raise UserError(self.env._("This cannot be asked for here. Please contact us."))
        if self._get_open_request(debtor, company):
            raise UserError(
                self.env._("You have asked for it already. You will hear from us soon.")
            )
        plan = self._parse_request(company, entered)
        arrangement = (
            self.sudo()
            .with_company(company)
            .create(
                {
                    "partner_id": debtor.id,
                    "contact_id": contact.id
                    if contact.sudo().commercial_partner_id == debtor
                    else False,
                    "company_id": company.id,
                    "currency_id": currency.id,
                    "user_id": debtor._get_dunning_assignee(company).id,
                    "origin": "portal",
                    "date": company._get_dunning_today(),
                    "item_ids": [
                        Command.create({"move_line_id": item.id, "amount": amount})
                        for item, amount in amounts.items()
                    ],
                }
            )
        )
        arrangement._plan(**plan)
        if company.arrangement_portal == "auto" and not arrangement._check_rules():
            arrangement._offer()
        else:
            arrangement._ask_person((entered.get("message") or "").strip()[:MESSAGE_LENGTH])
        return arrangement

    @api.model
    def _parse_request(self, company, entered):
        """Parameters of the plan.

        :raise UserError: in words for the debtor
        """
        limits = self._get_request_values(company)
        try:
            count = int(entered.get("count") or 0)
        except ValueError:
            count = 0
        if not MIN_COUNT <= count <= MAX_COUNT:
            raise UserError(
                self.env._(
                    "Please choose between %(least)s and %(most)s installments.",
                    least=MIN_COUNT,
                    most=MAX_COUNT,
                )
            )
        try:
            first_due = fields.Date.to_date((entered.get("first_due") or "").strip())
        except ValueError:
            first_due = None
        if not first_due or not limits["first_min"] <= first_due <= limits["first_max"]:
            raise UserError(
                self.env._(
                    "Please choose a day until %s for the first payment.",
                    self.env["collection.promise"]._format_day(limits["first_max"]),
                )
            )
        interval = entered.get("interval")
        return {
            "count": count,
            "interval": interval if interval in ("week", "month") else "month",
            "first_due": first_due,
        }

    def _ask_person(self, message):
        """Have somebody answer what the debtor asked for."""
        self.ensure_one()
        note = self.rule_text or ""
        if message:
            note = "\n".join(filter(None, (message, note)))
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Asked online: pay in installments"),
            note=plaintext2html(note) if note else False,
            user_id=self.user_id.id,
        )
