from datetime import timedelta

from odoo import models


class ResCompany(models.Model):
    """How long a company waits for what debtors promise."""

    _inherit = "res.company"

    _promise_days_sensible = models.Constraint(
        "CHECK (promise_grace_days >= 0 AND promise_max_days > 0)",
        "Promises have a grace of zero or more days, and hold reminders for one day or more.",
    )

    # === BUSINESS ===#
    def _get_last_promise_date(self, day):
        """The last day that a promise made on ``day`` can be for, and can hold reminders."""
        self.ensure_one()
        return day + timedelta(days=self.promise_max_days)

    def _get_promise_too_late_text(self):
        self.ensure_one()
        return self.env._(
            "A promise is for a day to come, within %s days from when it is made. For longer, "
            "agree on installments.",
            self.promise_max_days,
        )
