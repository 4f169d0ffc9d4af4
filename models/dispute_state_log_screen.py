from odoo import api, fields, models


class DisputeStateLog(models.Model):
    """The time in a state, readable."""

    _inherit = "dispute.state.log"

    # === FIELDS ===#
    state_label = fields.Char("Was", compute="_compute_labels")
    waiting_label = fields.Char("Waited For", compute="_compute_labels")
    days = fields.Float(compute="_compute_days", digits=(16, 1), help="Until now if it lasts.")

    # === COMPUTE ===#
    @api.depends("state", "waiting_for")
    @api.depends_context("lang")
    def _compute_labels(self):
        dossiers = self.env["dispute.dossier"]
        states = dict(dossiers._fields["state"]._description_selection(self.env))
        waiting = dict(dossiers._fields["waiting_for"]._description_selection(self.env))
        for log in self:
            log.state_label = states.get(log.state, log.state)
            log.waiting_label = waiting.get(log.waiting_for, "")

    @api.depends("date_from", "date_to")
    def _compute_days(self):
        now = fields.Datetime.now()
        for log in self:
            log.days = ((log.date_to or now) - log.date_from).total_seconds() / 86400
