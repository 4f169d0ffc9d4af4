from freezegun import freeze_time

from .common import CreditManagementCommon


class OutboxDayCase(CreditManagementCommon):
    """Released notices and the scheduled action that sends them, at chosen moments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_cron = cls.env.ref("account_credit_management.ir_cron_send_notices").sudo()

    def _ready(self, day, count=1):
        """Released notices of a run of that day."""
        for number in range(count):
            self._new_invoice("2026-03-25", self._new_debtor(f"Debtor {number} of {count}"))
        run = self.env["dunning.run"].create({"date": day, "company_id": self.company.id})
        run.action_propose()
        run.action_release()
        self.assertEqual(run.notice_ids.mapped("state"), ["ready"] * count)
        return run

    def _trigger(self, cron, moment):
        self.env.flush_all()
        with freeze_time(moment), self.enter_registry_test_mode():
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def _planned(self):
        return self.env["ir.cron.trigger"].search([("cron_id", "=", self.send_cron.id)])
