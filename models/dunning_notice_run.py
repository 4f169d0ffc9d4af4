from odoo import api, models
from odoo.tools import SQL


class DunningNotice(models.Model):
    """Notices and their run: a paused run keeps its notices, a finished one is reported."""

    _inherit = "dunning.notice"

    # === BUSINESS ===#
    @api.model
    def _get_outbox_sql(self):
        """EXTENDS: leave out paused runs.

        They are looked up once per statement, so that the plan of the statement stays what it is
        without them, however many notices there are.
        """
        return SQL(
            "%s AND COALESCE(run_id, 0) <> ALL (ARRAY(SELECT id FROM dunning_run WHERE paused))",
            super()._get_outbox_sql(),
            to_flush=self.env["dunning.run"]._fields["paused"],
        )

    @api.model
    def _prepare_outbox(self):
        # EXTENDS: settle runs whose last worker died before it could
        companies = super()._prepare_outbox()
        self.env["dunning.run"].sudo()._search_unsettled()._settle()
        return companies

    def _release(self):
        # EXTENDS: remember who is to be told when everything has been sent
        self.fetch(["state"])
        proposed = self.filtered(lambda notice: notice.state == "proposed")
        proposed._get_runs()._expect_outcome()
        return super(DunningNotice, proposed)._release()

    def _send(self, day):
        # EXTENDS: whoever sends by hand sees what becomes of it, and gets no mail about it
        return super(DunningNotice, self.with_context(dunning_at_once=True))._send(day)
