from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .dispute_common import DAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeCore(DisputeCommon):
    """What a dispute holds, who works on it, and until when."""

    # === WHAT IS HELD ===#
    def test_whole_invoice_waits(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=40)
        self.assertEqual(self._reason(invoice, DAY), "remind")
        dossier = self._dispute(invoice)
        self.assertRegex(dossier.name, r"^DIS/2026/\d{4}$")
        self.assertEqual(dossier.state, "open")
        self.assertEqual(self._held(dossier), {self._items(invoice): 0})
        self.assertEqual(dossier._get_blocks().kind, "dispute")
        self.assertEqual(self._reason(invoice, DAY), "block")
        self.assertEqual(self._reason(other, DAY), "remind")
        self.assertEqual((dossier.amount_disputed, dossier.amount_undisputed), (100, 0))
        self.assertEqual((invoice.disputed_amount, other.disputed_amount), (100, 0))
        self.assertEqual(invoice.dispute_ids, dossier)
        self.assertEqual(dossier.move_ids, invoice)
        self.assertEqual(self.debtor.dispute_count, 1)
        self.assertEqual(self.debtor.with_company(self.company).disputed_amount, 100)

    def test_part_waits_and_the_rest_is_reminded(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        self.assertEqual(self._held(dossier), {self._items(invoice): 30})
        self.assertEqual(self._asked(invoice, DAY), 70)
        self.assertEqual((dossier.amount_disputed, dossier.amount_undisputed), (30, 70))
        [notice] = self._run_day(DAY)
        self.assertEqual(notice.amount_total, 70)
        self.assertEqual(notice.line_ids._get_original_amount(), 100)

    def test_search_by_dispute(self):
        invoice, paid = self._new_invoice("2026-03-31"), self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        moves = self.env["account.move"]
        both = [("id", "in", (invoice | paid).ids)]
        self.assertEqual(moves.search([*both, ("disputed_amount", ">", 0)]), invoice)
        self.assertEqual(moves.search([*both, ("disputed_amount", "=", 0)]), paid)
        self.assertEqual(moves.search([*both, ("disputed_amount", "=", 30)]), invoice)
        self.assertEqual(moves.search([*both, ("disputed_amount", "<=", 29)]), paid)
        self.assertEqual(moves.search([*both, ("dispute_ids", "=", dossier.id)]), invoice)
        self.assertEqual(moves.search([*both, ("dispute_ids", "=", False)]), paid)
        self.assertEqual(moves.search([*both, ("dispute_ids.state", "=", "open")]), invoice)
        self.assertEqual(self.dossiers.search([("move_ids", "in", invoice.ids)]), dossier)
        self.assertFalse(self.dossiers.search([("move_ids", "in", paid.ids)]))

    def test_payments_and_undoing_them(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        item = self._items(invoice)
        with self._frozen("2026-04-13"):
            self._pay(invoice, 60, "2026-04-13")
            self.assertEqual(self._held(dossier), {item: 30})
            payment = self._pay(invoice, 20, "2026-04-13")
        self.assertEqual(self._held(dossier), {item: 0})
        self.assertEqual((dossier.amount_disputed, invoice.disputed_amount), (20, 20))
        self.assertEqual(self._reason(invoice, "2026-04-13"), "block")
        with self._frozen("2026-04-14"):
            payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self._held(dossier), {item: 30})
        with self._frozen("2026-04-14"):
            self._pay(invoice, 40, "2026-04-14")
        self.assertFalse(self._held(dossier))
        self.assertEqual((dossier.amount_disputed, dossier.amount_claimed), (0, 30))

    def test_part_of_several_due_dates(self):
        invoice = self._two_due_dates()
        first, second = self._items(invoice).sorted("date_maturity")
        dossier = self._dispute(invoice, 60)
        self.assertEqual(self._held(dossier), {first: 0, second: 10})
        with self._frozen("2026-04-13"):
            (self._receive(50, "2026-04-13").line_ids.filtered("partner_id") | first).reconcile()
        self.assertEqual(self._held(dossier), {second: 0})
        self.assertEqual(invoice.disputed_amount, 50)

    def test_two_disputes_never_hold_more_than_the_invoice(self):
        invoice = self._new_invoice("2026-03-31")
        item = self._items(invoice)
        first = self._dispute(invoice, 70)
        second = self._dispute(invoice, 60)
        self.assertEqual(self._held(first), {item: 70})
        self.assertEqual(self._held(second), {item: 30})
        self.assertEqual((second.amount_disputed, invoice.disputed_amount), (30, 100))
        self.assertIn(first.name, second.warning)
        self.assertIn("No more than", second.warning)
        self.assertNotIn("No more than", first.warning)
        self._resolve(first, "withdrawn")
        self.assertEqual(self._held(second), {item: 60})
        third = self._dispute(invoice)
        self.assertEqual(self._held(third), {item: 40})
        with self._frozen(DAY):
            first.action_reopen()
        self.assertEqual(self._held(first), {item: 70})
        self.assertEqual(self._held(second), {item: 30})
        self.assertFalse(self._held(third))
        self.assertEqual(invoice.disputed_amount, 100)

    def test_more_than_the_invoice_is_refused(self):
        invoice = self._new_invoice("2026-03-31")
        with self.assertRaisesRegex(ValidationError, "only"):
            self._dispute(invoice, 100.01)
        with self.assertRaisesRegex(ValidationError, "only"):
            self.dossiers._open(invoice, self.reason, [{"move_id": invoice.id, "amount": 60}] * 2)
        dossier = self._dispute(invoice, 100)
        with self.assertRaisesRegex(ValidationError, "only"), self._frozen(DAY):
            dossier.line_ids.amount = 101
        line = invoice.invoice_line_ids
        part = {"move_id": invoice.id, "invoice_line_id": line.id, "quantity": 2}
        with self.assertRaisesRegex(ValidationError, "More is disputed"):
            self.dossiers._open(invoice, self.reason, [part])

    def test_quantity_of_a_line(self):
        tax = self.company_data["default_tax_sale"]
        line = {"name": "Boxes", "quantity": 4, "price_unit": 25, "tax_ids": [Command.set(tax.ids)]}
        invoice = self._new_invoice(
            "2026-03-31",
            invoice_line_ids=[Command.create(line), Command.create({**line, "quantity": 1})],
        )
        part = {
            "move_id": invoice.id,
            "invoice_line_id": invoice.invoice_line_ids[0].id,
            "quantity": 2,
        }
        with self._frozen(DAY):
            dossier = self.dossiers._open(invoice, self.reason, [part])
        self.assertEqual(dossier.amount_claimed, invoice.invoice_line_ids[0].price_total / 2)
        self.assertEqual(dossier.amount_disputed, dossier.amount_claimed)

    def test_foreign_invoices_are_refused(self):
        invoice = self._new_invoice("2026-03-31")
        stranger = self._new_invoice("2026-03-31", self._new_debtor("Debtor Two"))
        draft = invoice.copy()
        for move in (stranger, draft):
            with self.assertRaisesRegex(ValidationError, "no posted invoice"):
                self._dispute(invoice | move)
        foreign = self._new_invoice("2026-03-31", currency_id=self.other_currency.id)
        with self.assertRaisesRegex(ValidationError, "one currency"):
            self._dispute(invoice | foreign)
        with self.assertRaises(ValidationError):
            self.dossiers.create({"partner_id": self.debtor.id, "reason_id": self.reason.id})

    def test_foreign_currency_counts_in_that_of_the_company_too(self):
        invoice = self._new_invoice("2026-03-31", currency_id=self.other_currency.id)
        dossier = self._dispute(invoice, 30)
        self.assertEqual(dossier.currency_id, self.other_currency)
        self.assertEqual((dossier.amount_disputed, invoice.disputed_amount), (30, 30))
        company = self.other_currency._convert(
            30, self.company.currency_id, self.company, self._date(DAY)
        )
        self.assertNotEqual(company, 30)
        self.assertEqual(dossier.amount_claimed_company, company)
        position = self.env["credit.exposure"]._get_positions(self.company, self.debtor)
        self.assertAlmostEqual(
            position[self.debtor.id].disputed,
            30 * self._items(invoice).amount_residual / 100,
        )

    def test_paid_invoice_has_nothing_to_hold(self):
        invoice = self._new_invoice("2026-03-31")
        self._pay(invoice, 100, "2026-04-01")
        dossier = self._dispute(invoice)
        self.assertFalse(self._held(dossier))
        self.assertEqual((dossier.amount_claimed, dossier.amount_disputed), (100, 0))
        self.assertIn("is paid", dossier.warning)

    def test_outbox_notices_become_obsolete(self):
        invoice = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-31", amount=40)
        with self._frozen(DAY):
            run = self.env["dunning.run"].create({"date": DAY, "company_id": self.company.id})
            run.action_propose()
            run.action_release()
        [notice] = run.notice_ids
        self._dispute(invoice)
        self._dispute(other, 10)
        with self._frozen(DAY):
            notice._send(self._date(DAY))
        states = {line.move_line_id.move_id: line.state for line in notice.line_ids}
        self.assertEqual(states, {invoice: "obsolete", other: "sent"})
        self.assertEqual(notice.amount_total, 30)

    def test_invoice_is_taken_back_and_posted_again(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, 30)
        with self._frozen(DAY):
            invoice.button_draft()
            self.assertFalse(self._held(dossier))
            with self.assertRaisesRegex(UserError, "is disputed"):
                invoice.unlink()
            invoice.action_post()
        self.assertEqual(list(self._held(dossier).values()), [30])

    def test_blocks_are_not_lifted_apart(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"))
        with self.assertRaisesRegex(UserError, dossier.name):
            dossier._get_blocks().action_lift()

    def test_item_in_an_arrangement(self):
        invoice = self._new_invoice("2026-03-31")
        items = self.env["installment.arrangement.item"]
        with self._frozen(DAY):
            arrangement = self.env["installment.arrangement"].create(
                {
                    "partner_id": self.debtor.id,
                    "item_ids": [Command.create({"move_line_id": self._items(invoice).id})],
                    "line_ids": [
                        Command.create({"date_due": day, "amount": 50})
                        for day in ("2026-05-01", "2026-06-01")
                    ],
                }
            )
            arrangement._activate()
            self.assertTrue(items.search([("arrangement_id", "=", arrangement.id)]))
        dossier = self._dispute(invoice, 30)
        self.assertEqual(self._held(dossier), {self._items(invoice): 30})
        self.assertEqual(self._reason(invoice, DAY), "block")
        with self._frozen("2026-04-20"):
            arrangement._cancel("No longer")
        self.assertEqual(self._asked(invoice, "2026-04-20"), 70)
        self.assertEqual(dossier.amount_disputed, 30)

    # === WHO AND WHEN ===#
    def test_deadline_and_responsible(self):
        head, boss = self._new_head(), self._new_head("boss")
        self.company.dunning_user_id = self.collector
        invoice = self._new_invoice("2026-03-31", invoice_user_id=self.salesman.id)
        dossier = self._dispute(invoice, 30)
        self.assertEqual(dossier.root_cause, "quality")
        self.assertEqual(dossier.department_id, self.reason.department_id)
        # Fifteen working days from Friday 10 April.
        self.assertEqual(dossier.deadline, self._date("2026-05-01"))
        self.assertEqual(dossier.user_id, self.collector)
        self.assertEqual(dossier.salesperson_id, self.salesman)
        self.assertIn(self.salesman.partner_id, dossier.message_partner_ids)
        told = dossier.message_ids.filtered(lambda message: "disputes" in (message.body or ""))
        self.assertIn(self.salesman.partner_id, told.partner_ids)
        self.assertEqual(self._activities(dossier, "settle").user_id, self.collector)
        self.company.dispute_user_id = self.manager
        self.assertEqual(self._dispute(invoice, 10).user_id, self.manager)
        self.reason.department_id.user_id = head
        self.assertEqual(self._dispute(invoice, 10).user_id, head)
        rules = self.env["dispute.deadline.rule"]
        tag = self.env["res.partner.category"].create({"name": "Key account"})
        rules.create({"name": "Large", "minimum_amount": 50, "days": 5, "sequence": 1})
        rules.create(
            {"name": "Key", "category_ids": tag.ids, "days": 2, "sequence": 2, "user_id": boss.id}
        )
        rules.create({"name": "Other debtor", "partner_ids": self.collector.partner_id.ids})
        self.assertEqual(self._dispute(invoice, 10).deadline, self._date("2026-05-01"))
        self.debtor.category_id = tag
        dossier = self._dispute(invoice, 10)
        self.assertEqual((dossier.deadline, dossier.user_id), (self._date("2026-04-14"), boss))
        self.assertEqual(self._dispute(invoice, 50).deadline, self._date("2026-04-17"))
        chosen = self._dispute(invoice, 50, deadline="2026-04-13", user_id=self.collector.id)
        self.assertEqual(chosen.deadline, self._date("2026-04-13"))
        self.assertEqual(chosen.user_id, self.collector)

    def test_escalation_comes_once(self):
        self.reason.department_id.user_id = self._new_head()
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, deadline="2026-04-14", user_id=self.collector.id)
        poisoned = self._dispute(invoice, 10, deadline="2026-04-14")
        self.env.flush_all()

        def days(*names):
            for name in names:
                with self._frozen(name):
                    (dossier | poisoned)._review()

        days("2026-04-14")
        self.assertFalse(self._activities(dossier, "overdue"))
        with self._poison(poisoned), self.assertLogs(level="ERROR"):
            days("2026-04-15")
        days("2026-04-16")
        [activity] = self._activities(dossier, "overdue")
        self.assertEqual(activity.user_id, self.reason.department_id.user_id)
        self.assertEqual(dossier.escalated_date, self._date("2026-04-15"))
        self.assertEqual(poisoned.escalated_date, self._date("2026-04-16"))
        with self._frozen("2026-04-16"):
            dossier.with_user(self.collector).deadline = "2026-04-20"
        days("2026-04-20")
        self.assertFalse(dossier.escalated_date)
        days("2026-04-21")
        self.assertTrue(dossier.escalated_date)

    def _poison(self, poisoned):
        original = type(poisoned)._escalate

        def escalate(record, day):
            if record == poisoned:
                raise ValueError("Poisoned")
            return original(record, day)

        return patch.object(type(poisoned), "_escalate", escalate)

    def test_after_the_term_a_manager_approves(self):
        invoice = self._new_invoice("2026-03-31", invoice_date="2026-02-08")
        dossier = self._dispute(invoice, 30)
        self.assertEqual(dossier.state, "approval")
        self.assertEqual(dossier.amount_disputed, 30)
        manager = self._activities(dossier, "approval").user_id
        self.assertTrue(manager.has_group("account_credit_management.group_manager"))
        self.assertFalse(self._activities(dossier, "settle"))
        for user in (self.bookkeeper, self.collector):
            for name in ("action_approve", "action_investigate"):
                with self.assertRaises(AccessError):
                    getattr(dossier.with_user(user), name)()
            with self.assertRaises(AccessError):
                self._resolve(dossier, "rejected", user=user, reason="Too late")
        with self._frozen("2026-04-13"):
            dossier.with_user(self.manager).action_approve()
        self.assertEqual((dossier.state, dossier.approved_by_id), ("open", self.manager))
        self.assertFalse(self._activities(dossier, "approval"))
        self.assertTrue(self._activities(dossier, "settle"))
        self.company.dispute_window_days = 0
        self.assertEqual(self._dispute(invoice, 30).state, "open")

    def test_time_in_each_state_is_kept(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"), day="2026-04-10")
        for day, action in (
            ("2026-04-13", "action_investigate"),
            ("2026-04-15", "action_wait_for_customer"),
            ("2026-04-20", "action_wait_for_us"),
            ("2026-04-22", "action_withdraw"),
            ("2026-05-01", "action_reopen"),
        ):
            with self._frozen(day):
                getattr(dossier.with_user(self.collector), action)()
        logs = [
            (log.state, log.waiting_for or "", log.date_from.day, log.date_to and log.date_to.day)
            for log in dossier.state_log_ids
        ]
        self.assertEqual(
            logs,
            [
                ("open", "us", 10, 13),
                ("investigating", "us", 13, 15),
                ("investigating", "customer", 15, 20),
                ("investigating", "us", 20, 22),
                ("withdrawn", "", 22, 1),
                ("open", "us", 1, False),
            ],
        )
        with self._frozen("2026-05-04"):
            # From 10 to 22 April and from 1 to 4 May.
            self.assertEqual((dossier.days_open, dossier.days_lost), (15, 15))
            self.assertEqual(dossier.amount_days, 1500)

    # === RIGHTS ===#
    def test_salesperson_works_on_disputes_of_his_customers(self):
        self.debtor.user_id = self.salesman
        invoice = self._new_invoice("2026-03-31", invoice_user_id=self.salesman.id)
        dossier = self._dispute(invoice, 30, user=self.salesman)
        self.assertEqual(self._held(dossier), {self._items(invoice): 30})
        with self._frozen(DAY):
            own = dossier.with_user(self.salesman)
            own.write({"internal_note": "He always does", "waiting_for": "customer"})
            own.action_investigate()
            self.assertEqual(own.amount_disputed, 30)
            self.assertEqual(own.move_ids, invoice)
            self.assertTrue(own.state_log_ids)
            with self.assertRaises(AccessError):
                own._resolve("accepted")
            for values in ({"state": "resolved"}, {"outcome": "accepted"}, {"term_until": DAY}):
                with self.assertRaises(AccessError):
                    own.write(values)
            with self.assertRaises(AccessError):
                own.unlink()
        self.assertEqual(dossier.state, "investigating")
        self.assertFalse(dossier.credit_move_ids)
        stranger = self._new_user("other_salesman", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            dossier.with_user(stranger).read(["name"])
        self.assertFalse(self.dossiers.with_user(stranger).search([("id", "=", dossier.id)]))
        self.assertTrue(self.dossiers.with_user(self.collector).search([("id", "=", dossier.id)]))

    def test_values_do_not_decide(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, state="resolved", outcome="accepted", name="X")
        self.assertEqual((dossier.state, dossier.outcome), ("open", False))
        self.assertNotEqual(dossier.name, "X")
        self.assertEqual(self._reason(invoice, DAY), "block")
        with self._frozen(DAY):
            dossier.action_withdraw()
            with self.assertRaisesRegex(UserError, "reopen"):
                dossier.line_ids.amount = 10
            with self.assertRaisesRegex(UserError, "reopen"):
                dossier.write({"line_ids": [Command.clear()]})
            with self.assertRaises(UserError):
                dossier.unlink()

    def test_other_companies_do_not_see_it(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"))
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.env["res.users"].create(
            {
                "name": "Elsewhere",
                "login": "acm_elsewhere",
                "company_id": other.id,
                "company_ids": [Command.set(other.ids)],
                "group_ids": [
                    Command.link(self.env.ref("account_credit_management.group_manager").id)
                ],
            }
        )
        self.assertFalse(self.dossiers.with_user(user).search([("id", "=", dossier.id)]))
        self.assertEqual(self.debtor.with_user(user).with_company(other).dispute_count, 0)

    def test_talk_opens_a_dossier(self):
        invoice = self._new_invoice("2026-03-31")
        future = self._new_invoice("2026-05-31")
        with self._frozen(DAY):
            contact = self.env["dunning.contact"].create(
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "channel": "call",
                    "outcome": "dispute",
                    "dispute_amount": 30,
                    "dispute_reason_id": self.reason.id,
                    "note": "One box was broken",
                }
            )
        dossier = contact.dispute_ids
        self.assertEqual((dossier.origin, dossier.reason_id), ("contact", self.reason))
        self.assertIn("One box was broken", dossier.description)
        self.assertEqual(self._held(dossier), {self._items(invoice): 30})
        self.assertEqual(self._reason(future, "2026-06-10"), "remind")
