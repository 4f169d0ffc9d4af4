from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CreditManagementCommon


@tagged("post_install", "-at_install")
class TestDunningRelease(CreditManagementCommon):
    """Releasing a run level by level."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.late = cls._new_debtor("Debtor Late")
        cls._new_invoice("2026-01-31", partner=cls.late)

    def _propose_two_levels(self):
        """A run with a first reminder, and a final notice to a debtor reminded twice before."""
        for day in ("2026-02-07", "2026-02-21"):
            self._run_day(day)
        self._new_invoice("2026-03-01")
        run = self.env["dunning.run"].create({"date": "2026-03-10", "company_id": self.company.id})
        run.action_propose()
        stages = run.notice_ids.grouped("stage")
        self.assertEqual(set(stages), {"reminder", "final"})
        return run, stages["reminder"], stages["final"]

    def _open(self, run, user=None):
        run = run.with_user(user or self.collector)
        action = run.action_release_by_level()
        return run.env[action["res_model"]].browse(action["res_id"])

    def test_final_notices_start_unticked(self):
        run, reminder, final = self._propose_two_levels()
        wizard = self._open(run)
        ticked = {line.level_id.stage: line.selected for line in wizard.line_ids}
        self.assertEqual(ticked, {"reminder": True, "final": False})
        self.assertEqual(wizard.line_ids.mapped("notice_count"), [1, 1])
        wizard.action_release()
        self.assertEqual((reminder.state, final.state), ("ready", "proposed"))
        self.assertEqual(run.state, "proposed", "something still waits")

    def test_levels_are_ticked_by_hand(self):
        run, reminder, final = self._propose_two_levels()
        with Form(self._open(run)) as form:
            for position in range(2):
                with form.line_ids.edit(position) as line:
                    line.selected = line.level_id.stage == "final"
        form.record.action_release()
        self.assertEqual((reminder.state, final.state), ("proposed", "ready"))
        self.assertEqual(
            self._open(run).line_ids.level_id.stage, "reminder", "only what still waits"
        )

    def test_nothing_ticked_is_told(self):
        run, reminder, _final = self._propose_two_levels()
        wizard = self._open(run)
        wizard.line_ids.selected = False
        with self.assertRaisesRegex(UserError, "at least one level"):
            wizard.action_release()
        self.assertEqual(reminder.state, "proposed")

    def test_release_all_releases_every_level(self):
        run, reminder, final = self._propose_two_levels()
        run.with_user(self.collector).action_release()
        self.assertEqual((reminder.state, final.state), ("ready", "ready"))
        self.assertEqual(run.state, "released")

    def test_what_was_removed_meanwhile_is_not_released(self):
        run, reminder, _final = self._propose_two_levels()
        wizard = self._open(run)
        reminder.action_cancel()
        wizard.action_release()
        self.assertEqual(reminder.state, "cancelled")

    def test_salesperson_releases_nothing(self):
        run, reminder, _final = self._propose_two_levels()
        with self.assertRaises(AccessError):
            self._open(run, self.salesman)
        self.assertEqual(reminder.state, "proposed")
