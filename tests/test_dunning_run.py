from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningRun(CreditManagementCommon):
    """Proposal, release and the state machines of runs and notices."""

    def _propose(self, day, company=None):
        run = self.env["dunning.run"].create(
            {"date": day, "company_id": (company or self.company).id}
        )
        run.action_propose()
        return run

    # === PROPOSAL ===#
    def test_one_notice_per_debtor_with_all_its_items(self):
        first = self._new_invoice("2026-03-31", amount=100)
        second = self._new_invoice("2026-03-20", amount=50)
        other = self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"), amount=7)
        self._new_invoice("2026-12-31")
        run = self._propose("2026-04-10")
        self.assertEqual(run.state, "proposed")
        self.assertEqual(len(run.notice_ids), 2)
        notice = run.notice_ids.filtered(lambda notice: notice.partner_id == self.debtor)
        self.assertEqual(
            notice.line_ids.move_line_id.move_id,
            first | second,
        )
        self.assertEqual(notice.amount_residual, 150)
        self.assertEqual(notice.amount_total, 150)
        self.assertEqual(notice.level_id, self.levels["reminder"])
        self.assertEqual((run.notice_ids - notice).line_ids.move_line_id.move_id, other)
        self.assertEqual(run.reason_counts["remind"], [3, 2])
        self.assertEqual(run.reason_counts["not_yet"], [1, 1])
        self.assertEqual(run.notice_count, len(run.notice_ids))

    def test_run_is_numbered_whatever_the_language_it_was_made_in(self):
        self.env["res.lang"]._activate_lang("nl_NL")
        run = (
            self.env["dunning.run"]
            .with_context(lang="nl_NL")
            .create({"name": "Nieuw", "date": "2026-04-10", "company_id": self.company.id})
        )
        run.with_context(lang="en_US").action_propose()
        self.assertRegex(run.name, r"^DUN/2026/\d{4}$")

    def test_proposal_writes_nothing_outside_itself(self):
        invoice = self._new_invoice("2026-03-31")
        messages = self.debtor.message_ids
        run = self._propose("2026-04-10")
        self.assertFalse(run.notice_ids.sent_date)
        self.assertFalse(run.notice_ids.letter_id)
        self.assertFalse(invoice.dunning_level_id)
        self.assertEqual(self.debtor.message_ids, messages)
        self.assertEqual(self._reason(invoice, "2026-04-10"), "pending")

    def test_notices_are_split_by_currency_contact_and_before_due(self):
        foreign = self.setup_other_currency("EUR")
        contact = self.env["res.partner"].create(
            {"name": "Branch", "parent_id": self.debtor.id, "email": "branch@buyer.example"}
        )
        self._new_invoice("2026-03-31", amount=1)
        self._new_invoice("2026-03-31", amount=2, currency_id=foreign.id)
        self._new_invoice("2026-03-31", amount=3, partner=contact)
        self._new_invoice("2026-04-12", amount=4)
        run = self._propose("2026-04-10")
        self.assertEqual(sorted(run.notice_ids.mapped("amount_residual")), [1, 2, 3, 4])
        by_amount = {notice.amount_residual: notice for notice in run.notice_ids}
        self.assertEqual(by_amount[2].currency_id, foreign)
        self.assertEqual(by_amount[3].contact_id, contact)
        self.assertEqual(by_amount[4].level_id, self.levels["courtesy"])

    def test_firmest_level_rules_the_notice(self):
        old = self._new_invoice("2026-01-31")
        self._run_day("2026-02-07")
        self._run_day("2026-02-21")
        young = self._new_invoice("2026-02-22")
        run = self._propose("2026-03-02")
        notice = run.notice_ids
        self.assertEqual(len(notice), 1)
        self.assertEqual(notice.level_id, self.levels["final"])
        self.assertTrue(notice.manual_release)
        levels = {line.move_line_id.move_id: line.level_id for line in notice.line_ids}
        self.assertEqual(levels[old], self.levels["final"])
        self.assertEqual(levels[young], self.levels["reminder"])

    def test_second_proposal_of_a_day_adds_nothing(self):
        self._new_invoice("2026-03-31")
        run = self._propose("2026-04-10")
        again = self._propose("2026-04-10")
        self.assertEqual(len(run.notice_ids), 1)
        self.assertFalse(again.notice_ids)
        self.assertEqual(again.state, "done")
        self.assertEqual(again.reason_counts, {"pending": [1, 1]})

    def test_database_refuses_a_second_reminder(self):
        self._new_invoice("2026-03-31")
        line = self._propose("2026-04-10").notice_ids.line_ids
        proposed = {"state": "proposed"}
        for changes in (proposed, {**proposed, "level_id": self.levels["firm"].id}):
            with (
                self.subTest(changes),
                mute_logger("odoo.sql_db"),
                self.assertRaises(UniqueViolation),
                self.cr.savepoint(),
            ):
                line.sudo().copy(changes)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.cr.savepoint(),
        ):
            line.sudo().state = "sent"
            line.flush_recordset()
            line.sudo().copy({"state": "sent"})

    def test_several_companies_do_not_mix(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        self.env.user.company_ids = [Command.link(other.id)]
        mine = self._new_invoice("2026-03-31", amount=10)
        theirs = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "invoice_date": "2026-03-01",
                    "invoice_date_due": "2026-03-31",
                    "company_id": other.id,
                    "invoice_line_ids": [
                        Command.create({"name": "Goods", "price_unit": 20, "tax_ids": []})
                    ],
                }
            )
        )
        theirs.action_post()
        theirs.is_move_sent = True
        run = self._propose("2026-04-10", other)
        self.assertEqual(run.notice_ids.company_id, other)
        self.assertEqual(run.notice_ids.line_ids.move_line_id.move_id, theirs)
        self.assertEqual(self._reason(mine, "2026-04-10"), "remind")
        own_run = self._propose("2026-04-10")
        self.assertEqual(own_run.notice_ids.line_ids.move_line_id.move_id, mine)
        # A pause of one company is not one of the other.
        self.env["dunning.block"].create({"company_id": other.id, "reason": "Closed"})
        self.assertEqual(self._reason(mine, fields.Date.context_today(run)), "pending")

    # === RELEASE AND STATES ===#
    def test_automatic_release_leaves_manual_levels(self):
        self._new_invoice("2026-03-31")
        self._run_day("2026-04-07")
        self._run_day("2026-04-21")
        self.assertFalse(self._run_day("2026-04-30"))
        notice = self.env["dunning.notice"].search(
            [("level_id", "=", self.levels["final"].id), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(notice.state, "proposed")
        self.assertEqual(notice.run_id.state, "proposed")
        self.assertFalse(self._run_day("2026-05-20"), "an unreleased notice never goes out")
        notice.action_release()
        self.assertEqual(notice.state, "ready")
        self.assertEqual(notice.run_id.state, "released")
        notice.action_release()
        self.assertEqual(notice.state, "ready", "releasing twice changes nothing")

    def test_cancelled_notice_is_proposed_again(self):
        invoice = self._new_invoice("2026-03-31")
        run = self._propose("2026-04-10")
        run.action_cancel()
        self.assertEqual(run.state, "cancelled")
        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertEqual(set(run.notice_ids.line_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self._reason(invoice, "2026-04-10"), "remind")

    def test_taking_out_one_notice_leaves_the_others(self):
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=self._new_debtor("Debtor Two"))
        run = self._propose("2026-04-10")
        run.notice_ids[0].action_cancel()
        run.action_release()
        self.assertEqual(sorted(run.notice_ids.mapped("state")), ["cancelled", "ready"])

    def test_forbidden_transitions_are_refused(self):
        self._new_invoice("2026-03-31")
        run = self._propose("2026-04-10")
        notice = run.notice_ids
        with self.assertRaisesRegex(UserError, "cannot become"):
            notice._transition("sent")
        with self.assertRaisesRegex(UserError, "proposed already"):
            run.action_propose()
        notice._transition("cancelled")
        with self.assertRaisesRegex(UserError, "cannot become"):
            notice._transition("ready")
        draft = self.env["dunning.run"].create({})
        with self.assertRaisesRegex(UserError, "no proposal"):
            draft.action_release()

    def test_history_is_not_deleted(self):
        self._new_invoice("2026-03-31")
        run = self._propose("2026-04-10")
        with self.assertRaises(UserError):
            run.unlink()
        with self.assertRaises(UserError):
            run.notice_ids.sudo().unlink()
        empty = self.env["dunning.run"].create({})
        empty.unlink()
        self.assertFalse(empty.exists())

    def test_a_run_of_tomorrow_is_not_sent_today(self):
        self._new_invoice("2026-03-31")
        run = self._propose("2026-04-10")
        run.action_release()
        with self._frozen("2026-04-09"), self.assertRaisesRegex(UserError, "before that day"):
            run.action_send()
        self.assertEqual(run.notice_ids.state, "ready")

    def test_summary_counts_equal_the_records_made(self):
        self._new_invoice("2026-03-31")
        self._new_invoice("2026-03-31", partner=self._new_debtor("No Mail", email=False))
        self._new_invoice("2026-03-31", partner=self._new_debtor("Late"), sent=False)
        run = self._propose("2026-04-10")
        row = run._get_level_counts()
        self.assertEqual(len(row), 1)
        self.assertEqual(
            (row[0]["count"], row[0]["emails"], row[0]["letters"], row[0]["proposed"]),
            (2, 1, 1, 2),
        )
        self.assertEqual([counts[1:] for counts in run._get_reason_rows()], [(1, 1)])
        self.assertIn("Invoice not delivered", run.summary)
        counts = self.env["dunning.run"]._get_reason_counts(
            self.company, fields.Date.to_date("2026-04-10")
        )
        self.assertEqual(sum(items for _label, items, _debtors in counts), 3)

    # === POLICY ===#
    def test_ladder_that_cannot_be_climbed_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Change the order or the days"):
            self.env["dunning.level"].create(
                {
                    "policy_id": self.policy.id,
                    "name": "Too early",
                    "sequence": 45,
                    "delay_days": 10,
                    "stage": "final",
                }
            )

    def test_level_without_channel_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "no channel"):
            self.levels["firm"].write({"use_email": False, "use_letter": False})

    def test_service_message_after_due_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "before the due date"):
            self.levels["reminder"].write({"delay_days": 7, "stage": "courtesy"})

    def test_levels_are_checked_when_all_of_the_form_is_saved(self):
        """Days that are valid together, though not after the first of the two lines."""
        self.policy.level_ids = [
            Command.update(self.levels["reminder"].id, {"delay_days": 25}),
            Command.update(self.levels["firm"].id, {"delay_days": 26}),
        ]
        self.assertEqual(self.levels["reminder"].delay_days, 25)

    def test_used_level_is_archived_not_deleted(self):
        self._new_invoice("2026-03-31")
        self._propose("2026-04-10")
        with self.assertRaisesRegex(UserError, "Archive it"):
            self.levels["reminder"].unlink()

    def test_level_defaults(self):
        levels = (
            self.env["dunning.policy"]
            .create(
                {
                    "name": "Plain",
                    "level_ids": [
                        Command.create({"name": "Before", "delay_days": -5, "sequence": 1}),
                        Command.create({"name": "After", "delay_days": 5, "sequence": 2}),
                        Command.create(
                            {"name": "Last", "delay_days": 9, "sequence": 3, "stage": "final"}
                        ),
                    ],
                }
            )
            .level_ids
        )
        self.assertEqual(levels.mapped("stage"), ["courtesy", "reminder", "final"])
        self.assertEqual(levels.mapped("release"), ["auto", "auto", "manual"])
        self.assertEqual(levels.sorted("severity"), levels)
        for level in levels:
            self.assertEqual(
                level._get_mail_template(),
                self.env.ref(f"account_credit_management.mail_template_{level.stage}"),
            )

    def test_example_of_the_policy_names_the_days(self):
        with self._frozen("2026-03-31"):
            self.policy.invalidate_recordset(["example"])
            example = self.policy.example
        for day in ("03/30/2026", "04/07/2026", "04/21/2026", "04/30/2026", "05/15/2026"):
            self.assertIn(day, example)

    # === BLOCKS ===#
    def test_block_dates_and_amounts_are_checked(self):
        invoice = self._new_invoice("2026-03-31")
        blocks = self.env["dunning.block"]
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(Exception, "cannot end before|dates_in_order"),
            self.cr.savepoint(),
        ):
            blocks.create(
                {"reason": "R", "date_from": "2026-04-02", "date_to": "2026-04-01"}
            ).flush_recordset()
        with self.assertRaisesRegex(ValidationError, "is not of"):
            blocks.create(
                {
                    "reason": "R",
                    "partner_id": self._new_debtor("Debtor Two").id,
                    "move_line_id": self._items(invoice).id,
                }
            )

    def test_block_by_hand_fills_the_debtor_and_is_logged(self):
        contact = self.env["res.partner"].create({"name": "P", "parent_id": self.debtor.id})
        block = (
            self.env["dunning.block"]
            .with_user(self.collector)
            .create({"reason": "Called, asks for a week", "partner_id": contact.id})
        )
        self.assertEqual(block.partner_id, self.debtor)
        self.assertEqual((block.scope, block.state), ("debtor", "active"))
        self.assertIn("asks for a week", self.debtor.message_ids[0].body)
        self.assertIn(block, block.search([("state", "=", "active")]))
        block.action_lift()
        self.assertEqual(block.state, "lifted")
        self.assertNotIn(block, block.search([("state", "=", "active")]))

    def test_old_blocks_are_asked_about(self):
        blocks = self.env["dunning.block"].with_user(self.collector)
        values = {"reason": "R", "partner_id": self.debtor.id, "company_id": self.company.id}
        old = blocks.create({**values, "date_from": "2026-01-01"})
        young = blocks.create({**values, "date_from": "2026-03-20"})
        ended = blocks.create({**values, "date_from": "2026-01-01", "date_to": "2026-02-01"})
        everything = old | young | ended
        with self._frozen("2026-04-10"):
            self.assertEqual(everything.filtered("needs_review"), old)
            found = blocks.search([("id", "in", everything.ids), ("needs_review", "=", True)])
            self.assertEqual(found, old)
            found = blocks.search([("id", "in", everything.ids), ("needs_review", "=", False)])
            self.assertEqual(found, young | ended)
            blocks.sudo()._ask_for_review()
            self.assertEqual(old.activity_ids.user_id, self.collector)
            self.assertFalse((young | ended).activity_ids)
            old.activity_ids.action_done()
            blocks.sudo()._ask_for_review()
            self.assertFalse(old.activity_ids, "answered: not asked again at once")
        with self._frozen("2026-06-20"):
            blocks.sudo()._ask_for_review()
            self.assertTrue(old.activity_ids, "asked again after as many days")
            old.action_lift()
            self.assertFalse(old.needs_review)
            self.assertFalse(old.activity_ids)

    # === FIELDS ON INVOICE AND DEBTOR ===#
    def test_invoice_tells_what_happened_what_follows_and_why(self):
        invoice = self._new_invoice("2026-03-31")
        with self._frozen("2026-03-10"):
            self.assertFalse(invoice.dunning_level_id)
            self.assertEqual(invoice.dunning_next_level_id, self.levels["courtesy"])
            self.assertEqual(invoice.dunning_next_date, fields.Date.to_date("2026-03-30"))
        self._run_day("2026-04-07")
        invoice.invalidate_recordset()
        with self._frozen("2026-04-08"):
            self.assertEqual(invoice.dunning_level_id, self.levels["reminder"])
            self.assertEqual(invoice.dunning_last_date, fields.Date.to_date("2026-04-07"))
            self.assertEqual(invoice.dunning_next_level_id, self.levels["firm"])
            self.assertEqual(invoice.dunning_next_date, fields.Date.to_date("2026-04-21"))
            self.assertIn("04/07/2026", invoice.dunning_explanation)
            self.assertIn("04/21/2026", invoice.dunning_explanation)
        moves = self.env["account.move"]
        self.assertIn(invoice, moves.search([("dunning_level_id.stage", "=", "reminder")]))
        self.assertIn(
            invoice, moves.search([("dunning_level_id", "=", self.levels["reminder"].id)])
        )
        self.assertIn(invoice, moves.search([("dunning_level_id", "!=", False)]))
        self.assertNotIn(invoice, moves.search([("dunning_level_id", "=", False)]))
        self._pay(invoice, 100, "2026-04-08")
        invoice.invalidate_recordset()
        with self._frozen("2026-04-08"):
            self.assertFalse(invoice.dunning_next_level_id)
            self.assertIn("Nothing is open", invoice.dunning_explanation)

    def test_why_escapes_what_people_type(self):
        invoice = self._new_invoice("2026-03-31")
        self.env["dunning.block"].create(
            {
                "company_id": self.company.id,
                "partner_id": self.debtor.id,
                "date_from": "2026-04-01",
                "reason": "<script>alert(1)</script>",
            }
        )
        with self._frozen("2026-04-08"):
            self.assertIn("&lt;script&gt;", invoice.dunning_explanation)
            self.assertNotIn("<script>", invoice.dunning_explanation)

    def test_overdue_amount_of_the_whole_debtor(self):
        contact = self.env["res.partner"].create({"name": "P", "parent_id": self.debtor.id})
        idle = self._new_debtor("Idle")
        self._new_invoice("2026-03-31", amount=10)
        self._new_invoice("2026-03-21", amount=20, partner=contact)
        self._new_invoice("2026-04-10", amount=40)
        with self._frozen("2026-04-10"):
            self.assertEqual(self.debtor.overdue_amount, 30)
            self.assertEqual(contact.overdue_amount, 30)
            self.assertEqual(self.debtor.dunning_oldest_days, 20)
            self.assertEqual(idle.overdue_amount, 0)
            partners = self.debtor | contact | idle
            search = self.env["res.partner"].search
            for domain, expected in (
                ([("overdue_amount", ">", 0)], self.debtor | contact),
                ([("overdue_amount", ">", 30)], idle.browse()),
                ([("overdue_amount", ">=", 30)], self.debtor | contact),
                ([("overdue_amount", "<=", 0)], idle),
                ([("overdue_amount", "<", 31)], partners),
            ):
                with self.subTest(domain=domain):
                    found = search([("id", "in", partners.ids), *domain])
                    self.assertEqual(found, expected)

    # === ACCESS ===#
    def test_collector_runs_but_does_not_configure(self):
        self._new_invoice("2026-03-31")
        run = (
            self.env["dunning.run"]
            .with_user(self.collector)
            .create({"date": "2026-04-10", "company_id": self.company.id})
        )
        run.action_propose()
        run.action_release()
        self.assertEqual(run.notice_ids.state, "ready")
        with self.assertRaises(AccessError):
            self.policy.with_user(self.collector).minimum_amount = 5
        with self.assertRaises(AccessError):
            run.notice_ids.line_ids.with_user(self.collector).write({"state": "sent"})
        self.policy.with_user(self.manager).minimum_amount = 5
        self.assertEqual(self.policy.minimum_amount, 5)

    def test_salesperson_sees_a_summary_and_changes_nothing(self):
        self.debtor.user_id = self.salesman
        invoice = self._new_invoice("2026-03-31", invoice_user_id=self.salesman.id)
        run = self._propose("2026-04-10")
        debtor = self.debtor.with_user(self.salesman)
        with self._frozen("2026-04-10"):
            self.assertEqual(debtor.overdue_amount, 100)
            self.assertTrue(invoice.with_user(self.salesman).dunning_explanation)
        for record, action in (
            (run.notice_ids, "action_release"),
            (run.notice_ids, "action_cancel"),
            (run, "action_release"),
            (run, "action_send"),
            (run, "action_cancel"),
        ):
            with self.subTest(action=action), self.assertRaises(AccessError):
                getattr(record.with_user(self.salesman), action)()
        with self.assertRaises(AccessError):
            self.env["dunning.run"].with_user(self.salesman).create({})
        with self.assertRaises(AccessError):
            self.env["dunning.block"].with_user(self.salesman).create({"reason": "R"})
        self.assertEqual(run.notice_ids.state, "proposed")

    def test_collector_of_another_company_sees_nothing(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        outsider = self._new_user("outsider", "account_credit_management.group_collector")
        outsider.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self._new_invoice("2026-03-31")
        run = self._propose("2026-04-10")
        self.assertFalse(self.env["dunning.notice"].with_user(outsider).search([]))
        with self.assertRaises(AccessError):
            run.notice_ids.with_user(outsider).action_release()

    def test_policy_of_another_company_is_refused(self):
        other = self.setup_other_company(name="Other Seller")["company"]
        policy = (
            self.env["dunning.policy"].sudo().create({"name": "Theirs", "company_id": other.id})
        )
        with self.assertRaises(UserError):
            self.debtor.with_company(self.company).dunning_policy_id = policy

    def test_branch_uses_the_policy_and_pauses_of_its_parent(self):
        branch = (
            self.env["res.company"].sudo().create({"name": "Branch", "parent_id": self.company.id})
        )
        self.env.user.company_ids = [Command.link(branch.id)]
        own = self.policy.copy({"company_id": self.company.id, "sequence": 1})
        self.assertEqual(self.env["dunning.policy"]._get_default(branch), own)
        self.debtor.with_company(branch).property_account_receivable_id = self.company_data[
            "default_account_receivable"
        ]
        invoice = self._new_invoice("2026-03-31", company_id=branch.id)
        self.assertEqual(invoice.company_id, branch)
        run = self._propose("2026-04-10", branch)
        self.assertEqual(run.notice_ids.company_id, branch)
        run.action_cancel()
        self.env["dunning.block"].create(
            {"company_id": self.company.id, "reason": "Closed", "date_from": "2026-04-01"}
        )
        self.assertEqual(
            self._reason(invoice, fields.Date.to_date("2026-04-10") + timedelta(days=1)), "block"
        )
