from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .dispute_common import DAY, DisputeCommon


@tagged("post_install", "-at_install")
class TestDisputeWork(DisputeCommon):
    """Who works on a dispute, with which rights, and until when."""

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
        with (
            self._poison(poisoned),
            self.assertLogs("odoo.addons.account_credit_management", "ERROR"),
        ):
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

    def test_a_head_without_rights_here_is_responsible(self):
        user = new_test_user(self.env, "acm_plain", groups="base.group_user", email="p@x.example")
        self.reason.department_id.user_id = user
        dossier = self._dispute(self._new_invoice("2026-03-31"))
        self.assertEqual(self._activities(dossier, "settle").user_id, user)
        with self._frozen("2026-06-01"):
            dossier._review()
        self.assertTrue(dossier.escalated_date)

    def test_scheduled_action(self):
        dossier = self._dispute(self._new_invoice("2026-03-31"), deadline="2026-04-13")
        dossier._get_blocks().write({"amount": 1})
        cron = self.env.ref("account_credit_management.ir_cron_dispute")
        self.env.flush_all()
        with self._frozen("2026-04-14"), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(dossier.escalated_date, self._date("2026-04-14"))
        self.assertEqual(list(self._held(dossier).values()), [0])

    def test_after_the_term_a_manager_approves(self):
        invoice = self._new_invoice("2026-03-31", invoice_date="2026-02-08")
        dossier = self._dispute(invoice, 30)
        self.assertEqual(dossier.state, "approval")
        self.assertEqual(dossier.amount_disputed, 30)
        manager = self._activities(dossier, "approval").user_id
        self.assertTrue(manager.has_group("account_credit_management.group_manager"))
        self.assertFalse(self._activities(dossier, "settle"))
        for user in (self.bookkeeper, self.collector):
            with self.assertRaises(AccessError):
                dossier.with_user(user).action_approve()
            with self._refused("cannot become"):
                dossier.with_user(user).action_investigate()
            with self.assertRaises(AccessError):
                self._resolve(dossier, "rejected", user=user, reason="Too late")
        with self._frozen("2026-04-13"):
            dossier.with_user(self.manager).action_approve()
        self.assertEqual((dossier.state, dossier.approved_by_id), ("open", self.manager))
        self.assertFalse(self._activities(dossier, "approval"))
        self.assertTrue(self._activities(dossier, "settle"))
        self.company.credit_user_id = self.manager
        asked = self._activities(self._dispute(invoice, 20), "approval").user_id
        self.assertEqual(asked, self.manager)
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
        with self.assertRaises(AccessError):
            self._dispute(invoice, 10, user=stranger)
        self.assertTrue(self.dossiers.with_user(self.collector).search([("id", "=", dossier.id)]))

    def test_values_do_not_decide(self):
        invoice = self._new_invoice("2026-03-31")
        dossier = self._dispute(invoice, state="resolved", outcome="accepted", name="X")
        self.assertEqual((dossier.state, dossier.outcome), ("open", False))
        self.assertNotEqual(dossier.name, "X")
        self.assertEqual(self._reason(invoice, DAY), "block")
        with self._frozen(DAY):
            dossier.action_withdraw()
            with self._refused("reopen"):
                dossier.line_ids.amount = 10
            with self._refused("reopen"):
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
