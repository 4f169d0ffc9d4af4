from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import fields

from .notice_text_common import NoticeTextCommon


class ChargeScenario(NoticeTextCommon):
    """Walk through the days of a debtor, from due date to hand-over, and look at each of them.

    What is expected is worked out here from the law, never asked from the code.
    """

    country = "nl"
    profile = "nl_business"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        cls.company.write(
            {"currency_id": euro.id, "country_id": cls.env.ref(f"base.{cls.country}").id}
        )
        cls.policy = cls.env["dunning.policy"]._apply_profiles(cls.company, [cls.profile], "formal")
        cls.levels = {level.stage: level for level in cls.policy.level_ids}
        cls.company.dunning_policy_id = cls.policy

    # === HELPERS ===#
    def _debtor(self, consumer, **values):
        return self._new_debtor(
            "Debtor of the Story",
            is_company=not consumer,
            country_id=self.company.country_id.id,
            **values,
        )

    def _release(self):
        self.env["dunning.notice"].search(
            [("state", "=", "proposed"), ("company_id", "=", self.company.id)]
        ).action_release()

    def _filter_owed(self, charges):
        return charges.filtered(lambda charge: charge.state in ("due", "booked"))

    def _get_amounts(self, charges):
        """Kind and amount of each charge, costs first."""
        return sorted(charges.mapped(lambda charge: (charge.kind, charge.amount)))

    def _interest(self, *parts):
        """Interest by hand: for each part base × percentage × days / 365, rounded to the cent."""
        return sum(
            (
                (Decimal(base) * Decimal(rate) * days / 36500).quantize(
                    Decimal("0.01"), ROUND_HALF_UP
                )
                for base, rate, days in parts
            ),
            Decimal(0),
        )

    def _walk(self, first, last, debtor, invoices, events, expected_claim):
        """Live through the days, and compare the claim of each with what the law says.

        :param dict events: by day, what happens before that day's run
        :param expected_claim: takes a day, returns principal, costs that are owed, and interest
            that can be claimed until that day (``Decimal``)
        :return: by day, the notices that went out
        :rtype: dict
        """
        sent = {}
        day, last = fields.Date.to_date(first), fields.Date.to_date(last)
        while day <= last:
            key = fields.Date.to_string(day)
            with self._frozen(key):
                if key in events:
                    events[key]()
                self.env["statutory.letter"]._settle_due(self.company, day)
            if self.company._is_dunning_working_day(day):
                notices = self._run_day(key)
                sent |= {key: notices} if notices else {}
            with self._frozen(key), self.subTest(day=key):
                self.assertEqual(self._get_claim(debtor, invoices, day), expected_claim(day))
            day += timedelta(days=1)
        return sent

    def _get_claim(self, debtor, invoices, day):
        """What is claimed on a day: principal, costs that are owed, interest."""
        items = self.env["account.move.line"].concat(*map(self._items, invoices))
        claims = self.env["statutory.interest"]._accrue(items, day)
        principal = sum(items.mapped("amount_residual_currency"))
        debtor.invalidate_recordset()
        costs = debtor.sudo().with_company(self.company).charge_costs_open
        return (
            Decimal(f"{principal:.2f}"),
            Decimal(f"{costs:.2f}"),
            sum((claim.total for claim in claims), Decimal(0)),
        )

    def _amounts(self, notice):
        """Principal, interest and costs that a notice asks, and those that it announces."""
        return (
            notice.amount_residual,
            notice.amount_interest,
            notice.amount_costs,
            notice.amount_interest_announced,
            notice.amount_costs_announced,
        )

    def _owed_interest(self, debtor):
        debtor.invalidate_recordset()
        return debtor.sudo().with_company(self.company).charge_interest_open

    def _stages(self, sent):
        return {day: notices.mapped("stage") for day, notices in sent.items()}
