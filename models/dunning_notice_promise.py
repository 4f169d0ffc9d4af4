import math
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from .collection_promise_life import BROKEN_STATES

# So long after a broken promise a person is asked for instead of another promise online.
BROKEN_DAYS = 365
# Nobody's name is longer.
NAME_LENGTH = 100


class DunningNotice(models.Model):
    """A reminder may be answered by a promise: by a colleague, or by the debtor on its page."""

    _inherit = "dunning.notice"

    # === ACTIONS ===#
    def action_promise_to_pay(self):
        """Note when the debtor will pay what this reminder asks for."""
        self.ensure_one()
        return self.env["collection.promise.make"]._get_open_action(notice=self)

    # === BUSINESS ===#
    def _get_online_promise(self):
        """The promise of this debtor that is open now."""
        self.ensure_one()
        return (
            self.env["collection.promise"]
            .sudo()
            .search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id", "=", self.partner_id.id),
                    ("state", "=", "open"),
                ],
                limit=1,
            )
        )

    def _has_broken_promise(self):
        self.ensure_one()
        since = self.company_id._get_dunning_today() - timedelta(days=BROKEN_DAYS)
        return bool(
            self.env["collection.promise"]
            .sudo()
            .search_count(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id", "=", self.partner_id.id),
                    ("state", "in", BROKEN_STATES),
                    ("date_until", ">=", since),
                ],
                limit=1,
            )
        )

    def _get_promise_page_values(self):
        """What the page shows of promises: the one that is open, or the form with its limits."""
        self.ensure_one()
        today = self.company_id._get_dunning_today()
        return {
            "promise": self._get_online_promise(),
            "promise_refused": self._has_broken_promise(),
            "promise_first": today,
            "promise_last": self.company_id._get_last_promise_date(today),
            "promise_values": {
                "date": self.env["dunning.contact"]._get_promise_date(self.company_id, today),
                "amount": f"{self._get_item_amount_due():.{self.currency_id.decimal_places}f}",
            },
        }

    def _promise_online(self, date, amount, name):
        """Note what the debtor promises on the page of this reminder. Nothing of it is trusted.

        :param str date: as the browser sent it, like the others
        :raise UserError: in words for the debtor
        """
        self.ensure_one()
        # Pressing the button twice makes one promise.
        self.partner_id._lock_credit()
        if self._get_payment_status() != "due" or not self._get_payable_amounts():
            raise UserError(self.env._("There is nothing to pay here now."))
        if self._get_online_promise():
            raise UserError(self.env._("You have already told us when you will pay."))
        if self._has_broken_promise():
            raise UserError(
                self.env._(
                    "An earlier promise was not kept in time. Please call us, so that we can find "
                    "a solution together."
                )
            )
        items = self.env["account.move.line"].concat(*self._get_payable_amounts())
        user = self.partner_id._get_dunning_assignee(self.company_id)
        promises = self.env["collection.promise"].with_context(lang=user.lang)
        return promises._make(
            self.company_id,
            self.partner_id,
            items,
            self.currency_id,
            self._parse_promise_amount(amount),
            date=self._parse_promise_date(date),
            promised_by=self._parse_promise_name(name),
            channel="portal",
            notice_id=self.id,
            user_id=user.id,
        )

    def _parse_promise_date(self, value):
        today = self.company_id._get_dunning_today()
        last = self.company_id._get_last_promise_date(today)
        try:
            date = fields.Date.to_date((value or "").strip())
        except ValueError:
            date = None
        if not date:
            raise UserError(self.env._("On which day will you pay? Please fill it in."))
        if date < today:
            raise UserError(self.env._("Please choose a day from today on."))
        if date > last:
            raise UserError(
                self.env._(
                    "Please choose a day until %s. Do you need more time? Then please call us.",
                    self.env["collection.promise"]._format_day(last),
                )
            )
        return date

    def _parse_promise_amount(self, value):
        try:
            amount = float((value or "").strip().replace(",", "."))
        except ValueError:
            amount = math.nan
        compare = self.currency_id.compare_amounts
        if not math.isfinite(amount) or compare(amount, 0) <= 0:
            raise UserError(self.env._("How much will you pay? Please fill in an amount."))
        if compare(amount, self._get_item_amount_due()) > 0:
            raise UserError(
                self.env._(
                    "That is more than what is left to pay: %s.",
                    self.currency_id.format(self._get_item_amount_due()),
                )
            )
        return self.currency_id.round(amount)

    def _parse_promise_name(self, value):
        name = " ".join((value or "").split())[:NAME_LENGTH]
        if not name:
            raise UserError(self.env._("What is your name? Please fill it in."))
        return name
