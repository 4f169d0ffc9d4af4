import logging

from odoo import api, fields, models
from odoo.fields import Domain

from .credit_release import REQUEST_ACTIVITY

_logger = logging.getLogger(__name__)

# How many requests a scheduled run looks at before it commits.
CURE_BATCH = 100


class CreditRelease(models.Model):
    """Requests and releases that time or money has overtaken."""

    _inherit = "credit.release"

    # === BUSINESS ===#
    def _cure(self):
        """Close this request if its cause is gone, and tell the salesperson. Nothing is
        confirmed."""
        self.ensure_one()
        release = self.sudo()
        order = release.order_id
        if order.state == "sale" and order.date_order >= release.create_date:
            release._lapse()
        if release.state != "requested" or release._get_current_check().is_held:
            return
        release.state = "cured"
        release.activity_unlink([REQUEST_ACTIVITY])
        release._tell_salesperson(
            self.env._("Nothing holds it any more: the cause is gone."),
            self.env._("Can be confirmed now"),
        )

    def _lapse(self):
        """Close what is not needed or not valid any more."""
        for release in self.sudo():
            release.state = "lapsed"
            release.activity_unlink([REQUEST_ACTIVITY])

    @api.model
    def _trigger_cure(self, debtors):
        """Have requests of debtors looked at again soon; costs a query when there are none."""
        releases = self.sudo()
        if debtors and releases.search_count(
            [("state", "=", "requested"), ("partner_id", "in", debtors.ids)], limit=1
        ):
            self.env.ref("account_credit_management.ir_cron_credit_release").sudo()._trigger()

    # === CRON ===#
    @api.model
    def _cron_review(self):
        """Close requests that were cured or overtaken, and releases that ran out. One that fails
        is logged and tried again the next time, and does not stop the others."""
        self.search(self._get_overtaken_domain())._lapse()
        requests = self.search([("state", "=", "requested")], order="id")
        progress = self.env["ir.cron"]._commit_progress
        progress(remaining=len(requests))
        for start in range(0, len(requests), CURE_BATCH):
            batch = requests[start : start + CURE_BATCH].exists()
            for release in batch:
                try:
                    with self.env.cr.savepoint():
                        release._cure()
                except Exception:
                    _logger.exception("%s (%s) was not looked at", release.name, release.id)
            if not progress(len(batch)):
                break

    @api.model
    def _get_overtaken_domain(self):
        """Releases whose day has passed, and requests whose document is gone or settled."""
        today = fields.Date.context_today(self)
        requested = Domain("state", "in", ("requested", "released"))
        return (
            Domain("state", "=", "released")
            & Domain("mode", "=", "date")
            & Domain("date_to", "<", today)
        ) | (
            requested
            & Domain("mode", "in", (False, "once"))
            & (
                Domain("order_id.state", "=", "cancel")
                | Domain("move_id.state", "in", ("posted", "cancel"))
            )
        )
