from psycopg2.errors import NotNullViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningRemove(CreditManagementCommon):
    """Taking reminders and items out of a run, for once or until a day, with a reason."""

    def _propose(self, day="2026-04-10"):
        run = self.env["dunning.run"].create({"date": day, "company_id": self.company.id})
        run.action_propose()
        return run

    def _remove(self, records, user=None, **values):
        """What a person does: open the wizard from notices or lines, fill it in, confirm."""
        action = records.with_user(user or self.collector).action_remove()
        return (
            self.env[action["res_model"]]
            .with_user(user or self.collector)
            .with_context(**action["context"])
            .create({"reason": "Called, it is being settled", **values})
            .action_remove()
        )

    def _line(self, notice, invoice):
        return notice.line_ids.filtered(lambda line: line.move_id == invoice)

    # === ONLY THIS RUN ===#
    def test_removed_notice_is_proposed_again_by_the_next_run(self):
        invoice = self._new_invoice("2026-03-31")
        notice = self._propose().notice_ids
        self._remove(notice)
        self.assertEqual((notice.state, notice.line_ids.state), ("cancelled", "cancelled"))
        self.assertIn("it is being settled", notice.message_ids[0].body)
        self.assertFalse(self.env["dunning.block"].search([("partner_id", "=", self.debtor.id)]))
        self.assertEqual(self._propose().notice_ids.line_ids.move_id, invoice)

    def test_removing_one_item_leaves_the_rest_of_the_notice(self):
        old = self._new_invoice("2026-01-31", amount=100)
        for day in ("2026-02-07", "2026-02-21"):
            self._run_day(day)
        young = self._new_invoice("2026-03-02", amount=30)
        notice = self._propose().notice_ids
        self.assertEqual((notice.level_id, notice.amount_total), (self.levels["final"], 130))
        self._remove(self._line(notice, old))
        self.assertEqual(notice.state, "proposed")
        self.assertEqual((notice.level_id, notice.amount_total), (self.levels["reminder"], 30))
        self.assertEqual(self._line(notice, old).state, "cancelled")
        self.assertEqual(self._line(notice, young).state, "proposed")
        self.assertIn(old.name, notice.message_ids[0].body)
        self.assertIn("it is being settled", notice.message_ids[0].body)
        self.assertEqual(self._reason(old, "2026-04-10"), "remind")
        self.assertEqual(self._reason(young, "2026-04-10"), "pending")

    def test_notice_goes_with_its_last_item(self):
        first = self._new_invoice("2026-03-31")
        second = self._new_invoice("2026-03-30")
        run = self._propose()
        notice = run.notice_ids
        self._remove(self._line(notice, first))
        self.assertEqual(notice.state, "proposed")
        self._remove(self._line(notice, second))
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(run.state, "done")

    def test_removed_item_is_not_sent_with_its_notice(self):
        removed = self._new_invoice("2026-03-31", amount=100)
        kept = self._new_invoice("2026-03-30", amount=25)
        run = self._propose()
        run.action_release()
        self._remove(self._line(run.notice_ids, removed))
        with self._frozen("2026-04-10"):
            run.action_send()
        notice = run.notice_ids
        self.assertEqual((notice.state, notice.amount_total), ("sent", 25))
        self.assertNotIn(removed.name, notice.items_table)
        self.assertFalse(removed.dunning_level_id)
        self.assertEqual(kept.dunning_level_id, self.levels["reminder"])

    # === POSTPONED ===#
    def test_postponed_item_waits_until_the_day_and_resumes_by_itself(self):
        postponed = self._new_invoice("2026-03-31")
        other = self._new_invoice("2026-03-30")
        with self._frozen("2026-04-10"):
            notice = self._propose().notice_ids
            self._remove(self._line(notice, postponed), mode="postpone")
        block = self.env["dunning.block"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual((block.kind, block.move_line_id), ("pause", self._items(postponed)))
        self.assertEqual(block.date_to, fields.Date.to_date("2026-04-17"))
        self.assertIn("it is being settled", self.debtor.message_ids[0].body)
        self.assertEqual(self._reason(postponed, "2026-04-17"), "block")
        self.assertEqual(self._reason(postponed, "2026-04-18"), "remind")
        self.assertEqual(self._reason(other, "2026-04-17"), "pending")

    def test_everything_of_the_debtor_is_postponed_by_one_pause(self):
        invoices = self._new_invoice("2026-03-31") | self._new_invoice("2026-03-30")
        coming = self._new_invoice("2026-04-05")
        with self._frozen("2026-04-10"):
            notice = self._propose().notice_ids
            self._remove(notice, mode="postpone", scope="debtor", date_to="2026-04-20")
        self.assertEqual(notice.state, "cancelled")
        block = self.env["dunning.block"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual((len(block), block.scope), (1, "debtor"))
        for invoice in invoices | coming:
            self.assertEqual(self._reason(invoice, "2026-04-20"), "block")
        self.assertEqual(self._reason(coming, "2026-04-21"), "remind")

    # === REFUSED ===#
    def test_reason_and_a_day_to_come_are_required(self):
        self._new_invoice("2026-03-31")
        notice = self._propose().notice_ids
        with self.assertRaisesRegex(UserError, "a day to come"):
            self._remove(notice, mode="postpone", date_to="2020-01-01")
        with mute_logger("odoo.sql_db"), self.assertRaises(NotNullViolation), self.cr.savepoint():
            self._remove(notice, reason=False)
        self.assertEqual(notice.state, "proposed")

    def test_what_was_sent_is_not_removed(self):
        self._new_invoice("2026-03-31")
        notice = self._run_day("2026-04-10")
        with self.assertRaisesRegex(UserError, "not sent yet"):
            notice.action_remove()
        with self.assertRaisesRegex(UserError, "not sent yet"):
            notice.line_ids.action_remove()
        self.assertEqual(notice.state, "sent")

    def test_sent_while_the_wizard_was_open(self):
        self._new_invoice("2026-03-31")
        run = self._propose()
        action = run.notice_ids.action_remove()
        wizard = (
            self.env["dunning.remove.notice"]
            .with_context(**action["context"])
            .create({"reason": "Late", "mode": "postpone", "date_to": "2099-01-01"})
        )
        run.action_release()
        with self._frozen("2026-04-10"):
            run.action_send()
        with self.assertRaisesRegex(UserError, "meanwhile"), self.cr.savepoint():
            wizard.action_remove()
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertFalse(self.env["dunning.block"].search([("partner_id", "=", self.debtor.id)]))

    def test_salesperson_removes_nothing(self):
        self._new_invoice("2026-03-31")
        notice = self._propose().notice_ids
        with self.assertRaises(AccessError):
            self._remove(notice, user=self.salesman)
        with self.assertRaises(AccessError):
            self.env["dunning.remove.notice"].with_user(self.salesman).create(
                {"reason": "R", "notice_ids": notice.ids}
            )
        self.assertEqual(notice.state, "proposed")
