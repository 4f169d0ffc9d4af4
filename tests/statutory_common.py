from odoo import Command, fields

from .notice_common import NoticeCommon


class StatutoryCommon(NoticeCommon):
    """Letters to consumers that really went out: a company, and a policy of one letter and what
    follows it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.company.currency_id = cls.euro
        cls.company.charge_extend_term = False
        cls.consumer = cls._new_consumer("Consumer")
        cls.policy = cls._new_consumer_policy()
        cls.letter_level, cls.next_level = cls.policy.level_ids
        cls.company.dunning_policy_id = cls.policy

    @classmethod
    def _new_consumer(cls, name, country="nl", **values):
        country = cls.env.ref(f"base.{country}").id
        return cls._new_debtor(name, is_company=False, country_id=country, **values)

    @classmethod
    def _new_consumer_policy(cls, **values):
        text = cls.env.ref("account_credit_management.mail_template_final_consumer")
        level = {
            "name": "Letter",
            "sequence": 10,
            "stage": "firm",
            "delay_days": 1,
            "payment_days": 14,
            "print_pay_before": False,
            "use_email": True,
            "use_letter": True,
            "statutory_letter": True,
            "cost_scheme": "statutory",
            "charge_mode": "memo",
            "mail_template_id": text.id,
        }
        following = {
            "name": "After the letter",
            "sequence": 20,
            "stage": "final",
            "release": "auto",
            "delay_days": 2,
            "min_days_after_previous": 0,
            "payment_days": 7,
            "mail_template_id": text.id,
        }
        return cls.env["dunning.policy"].create(
            {
                "name": "Letters",
                "level_ids": [Command.create(level), Command.create(following)],
                **values,
            }
        )

    def _use_channels(self, *channels):
        self.letter_level.write(
            {
                "channel_mode": "all",
                **{
                    f"use_{channel}": channel in channels
                    for channel in ("email", "letter", "sms", "call", "visit")
                },
            }
        )

    def _send_letter(self, day, *amounts, channels=("email",), partner=None, **values):
        """Overdue invoices, and the letter about them, posted on the day on which it is sent.

        :return: the letter
        """
        partner = partner or self.consumer
        self._use_channels(*channels)
        due = fields.Date.subtract(fields.Date.to_date(day), days=10)
        self.invoices = [
            self._new_invoice(due, partner, amount, **values) for amount in amounts or (1000,)
        ]
        notice = self._run_day_for(partner, day)
        self.assertEqual(notice.level_id, self.letter_level)
        if "letter" in channels:
            self._print(notice, day)
        return notice.statutory_letter_ids

    def _print(self, notice, day):
        with self._frozen(day):
            notice.letter_printed = fields.Datetime.now()

    def _settle(self, day):
        with self._frozen(day):
            letters = self.env["statutory.letter"]
            letters._settle_due(self.company, fields.Date.to_date(day))

    def _prove(self, letter, day, today=None, user=None):
        with self._frozen(today or day):
            wizard = self.env["statutory.letter.receipt"].with_user(user or self.collector)
            wizard.create(
                {
                    "letter_id": letter.id,
                    "outcome": "proven",
                    "date": day,
                    "proof": "Signed for at the door",
                }
            ).action_confirm()

    def _contest(self, letter, today):
        with self._frozen(today):
            wizard = self.env["statutory.letter.receipt"].with_user(self.collector)
            wizard.create(
                {"letter_id": letter.id, "outcome": "contested", "proof": "Moved out long ago"}
            ).action_confirm()

    def _costs(self, letter):
        """State and amount of the costs that hold because of a letter, oldest first."""
        return [(charge.state, charge.amount) for charge in letter._get_standing().sorted("id")]

    def _dates(self, letter):
        names = ("received_date", "first_day", "last_free_day", "costs_from")
        return tuple(str(letter[name]) for name in names)
