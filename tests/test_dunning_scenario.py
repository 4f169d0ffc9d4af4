from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningScenario(CreditManagementCommon):
    """Days in the life of a debtor: each day what is sent, and what is not."""

    def _travel(self, first, last, expected, events=None):
        """Run the scheduled action every day and compare what went out.

        :param dict expected: by day, the stages sent on it; every other day must be silent
        :param dict events: by day, what happens before that day's run
        """
        day = fields.Date.to_date(first)
        sent = {}
        while day <= fields.Date.to_date(last):
            key = fields.Date.to_string(day)
            if events and key in events:
                with self._frozen(key):
                    events[key]()
            levels = self._run_day(key).level_id.sorted("severity")
            stages = levels.mapped("stage")
            if stages:
                sent[key] = stages
            day += timedelta(days=1)
        self.assertEqual(sent, expected)

    def _release_all(self):
        self.env["dunning.notice"].search(
            [("state", "=", "proposed"), ("company_id", "=", self.company.id)]
        ).action_release()

    def test_from_invoice_to_handover(self):
        invoice = self._new_invoice("2026-03-31")
        self._travel(
            "2026-03-01",
            "2026-06-30",
            {
                "2026-03-28": ["courtesy"],
                "2026-04-07": ["reminder"],
                "2026-04-21": ["firm"],
                # Proposed on the 30th of April, released on the 4th of May.
                "2026-05-04": ["final"],
                # Fourteen days to pay end on the 18th; released on the 22nd.
                "2026-05-22": ["handover"],
            },
            {"2026-05-04": self._release_all, "2026-05-22": self._release_all},
        )
        lines = self.env["dunning.notice.line"].search(
            [("move_line_id", "=", self._items(invoice).id)], order="sent_date"
        )
        self.assertEqual(
            lines.mapped("level_id.stage"),
            ["courtesy", "reminder", "firm", "final", "handover"],
        )
        self.assertEqual(set(lines.mapped("state")), {"sent"})
        self.assertEqual(self._reason(invoice, "2026-07-01"), "finished")

    def test_handover_is_not_even_proposed_within_the_term(self):
        self._new_invoice("2026-03-31")
        self._travel(
            "2026-04-01",
            "2026-05-18",
            {
                "2026-04-07": ["reminder"],
                "2026-04-21": ["firm"],
                "2026-05-04": ["final"],
            },
            {"2026-05-04": self._release_all},
        )
        handover = [("level_id", "=", self.levels["handover"].id)]
        self.assertFalse(self.env["dunning.notice"].search(handover))
        self._run_day("2026-05-19")
        notice = self.env["dunning.notice"].search(handover)
        self.assertEqual(notice.state, "proposed")

    def test_payment_ends_the_reminders(self):
        invoice = self._new_invoice("2026-03-31")
        self._travel(
            "2026-03-20",
            "2026-07-31",
            {"2026-03-28": ["courtesy"], "2026-04-07": ["reminder"]},
            {"2026-04-20": lambda: self._pay(invoice, 100, "2026-04-20")},
        )

    def test_part_payment_goes_on_with_the_rest(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        self._travel(
            "2026-04-01",
            "2026-04-29",
            {"2026-04-07": ["reminder"], "2026-04-21": ["firm"]},
            {"2026-04-15": lambda: self._pay(invoice, 70, "2026-04-15")},
        )
        notices = self.env["dunning.notice"].search(
            [("company_id", "=", self.company.id), ("state", "=", "sent")], order="id"
        )
        self.assertEqual(notices.mapped("amount_total"), [100, 30])

    def test_credit_note_holds_and_settles(self):
        invoice = self._new_invoice("2026-03-31", amount=100)
        refunds = []

        def allocate():
            lines = refunds[0].line_ids + invoice.line_ids
            lines.filtered(lambda line: line.account_type == "asset_receivable").reconcile()

        self._travel(
            "2026-04-01",
            "2026-06-30",
            # The credit note of the 20th is young until the 27th: the second reminder waits.
            {"2026-04-07": ["reminder"], "2026-04-27": ["firm"]},
            {
                "2026-04-20": lambda: refunds.append(self._new_refund("2026-05-20", amount=60)),
                "2026-04-28": allocate,
                "2026-05-02": lambda: self._pay(invoice, 40, "2026-05-02"),
            },
        )
        self.assertEqual(invoice.payment_state, "paid")

    def test_pause_resumes_by_itself_at_the_stored_level(self):
        self._new_invoice("2026-03-31")
        self._travel(
            "2026-04-01",
            "2026-05-10",
            {"2026-04-07": ["reminder"], "2026-05-06": ["firm"]},
            {
                "2026-04-10": lambda: self.env["dunning.block"].create(
                    {
                        "company_id": self.company.id,
                        "partner_id": self.debtor.id,
                        "reason": "Promised by phone",
                        "date_from": "2026-04-10",
                        "date_to": "2026-05-05",
                    }
                )
            },
        )

    def test_two_items_climb_on_their_own(self):
        self._new_invoice("2026-03-31", amount=100)
        self._new_invoice("2026-04-10", amount=50)
        self._travel(
            "2026-04-01",
            "2026-05-01",
            {
                "2026-04-07": ["courtesy", "reminder"],
                "2026-04-17": ["reminder"],
                "2026-04-21": ["firm"],
                "2026-05-01": ["firm"],
            },
        )

    def test_items_of_a_debtor_climb_together_when_the_policy_says_so(self):
        self.policy.escalation = "debtor"
        first = self._new_invoice("2026-03-31", amount=100)
        second = self._new_invoice("2026-04-10", amount=50)
        self._travel(
            "2026-04-01",
            "2026-05-04",
            {
                # The second invoice is not due yet: its service message is its own.
                "2026-04-07": ["courtesy", "reminder"],
                # On the 17th it would be its turn, but the debtor's next level is on the 21st.
                "2026-04-21": ["firm"],
                "2026-05-02": ["final"],
            },
            {"2026-05-02": self._release_all},
        )
        levels = self.env["dunning.notice.line"].search(
            [("move_line_id", "=", self._items(second).id), ("state", "=", "sent")]
        )
        self.assertEqual(levels.mapped("level_id.stage"), ["courtesy", "firm", "final"])
        self._pay(first, 100, "2026-05-05")
        third = self._new_invoice("2026-05-01", amount=10)
        with self._frozen("2026-05-10"):
            # The second still stands at the final notice, whose term ends on the 16th.
            decision = self._decision(third, "2026-05-10")
            self.assertEqual(decision.level_id, self.levels["final"].id)
            self.assertEqual(
                decision.date, fields.Date.to_date("2026-05-18"), "the 17th is a Sunday"
            )
            self.assertEqual(
                self._decision(second, "2026-05-10").level_id, self.levels["handover"].id
            )

    def test_held_and_handed_over_items_do_not_drag_others_along(self):
        self.policy.escalation = "debtor"
        old = self._new_invoice("2026-01-31")
        for day in ("2026-02-07", "2026-02-21", "2026-03-02", "2026-03-20"):
            self._run_day(day)
            self._release_all()
            self._run_day(day)
        self.assertEqual(old.dunning_level_id, self.levels["handover"])
        new = self._new_invoice("2026-03-31")
        self.assertEqual(self._decision(new, "2026-04-07").level_id, self.levels["reminder"].id)
        middle = self._new_invoice("2026-03-01")
        self._run_day("2026-04-01")
        self.assertEqual(self._decision(new, "2026-04-10").level_id, self.levels["firm"].id)
        self.env["dunning.block"].create(
            {
                "company_id": self.company.id,
                "move_line_id": self._items(middle).id,
                "date_from": "2026-04-02",
                "reason": "Disputed",
            }
        )
        self.assertEqual(self._decision(new, "2026-04-10").level_id, self.levels["reminder"].id)

    def test_several_due_dates_of_one_invoice(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 60}),
                ],
            }
        )
        invoice = self._new_invoice(
            "2026-03-31", invoice_date="2026-03-01", invoice_payment_term_id=term.id
        )
        self._travel(
            "2026-03-20",
            "2026-05-07",
            {
                "2026-03-28": ["courtesy"],
                "2026-04-07": ["reminder"],
                "2026-04-21": ["firm"],
                "2026-04-27": ["courtesy"],
                "2026-05-07": ["reminder"],
            },
            {"2026-04-29": lambda: self._pay(invoice, 50, "2026-04-29")},
        )
        with self._frozen("2026-04-29"):
            self.assertEqual(invoice.amount_residual, 50)

    def test_failed_sending_does_not_escalate(self):
        invoice = self._new_invoice("2026-03-31")
        template = self.levels["reminder"].mail_template_id
        subject = template.subject
        template.subject = "{{ object.partner_id.name != 'Debtor One' and 'x' or 1 / 0 }}"

        def mend():
            template.subject = subject
            self.env["dunning.notice"].search([("state", "=", "failed")]).action_retry()

        self._travel(
            "2026-04-01",
            "2026-05-18",
            {"2026-05-10": ["reminder"], "2026-05-18": ["firm"]},
            {"2026-05-10": mend},
        )
        self.assertEqual(invoice.dunning_level_id, self.levels["firm"])

    def test_two_currencies_get_two_messages(self):
        foreign = self.setup_other_currency("EUR")
        self._new_invoice("2026-03-31", amount=100)
        self._new_invoice("2026-03-31", amount=200, currency_id=foreign.id)
        notices = self._run_day("2026-04-07")
        self.assertEqual(
            {(notice.currency_id, notice.amount_total) for notice in notices},
            {(self.company.currency_id, 100), (foreign, 200)},
        )

    def test_running_twice_a_day_changes_nothing(self):
        self._new_invoice("2026-03-31")
        first = self._run_day("2026-04-07")
        self.assertEqual(len(first), 1)
        runs = self.env["dunning.run"].search([])
        messages = self.debtor.message_ids
        self.assertEqual(self._run_day("2026-04-07"), first)
        self.assertEqual(self.env["dunning.run"].search([]), runs)
        self.assertEqual(self.debtor.message_ids, messages)
