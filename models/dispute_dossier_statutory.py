from odoo import models


class DisputeDossier(models.Model):
    """Costs of what was disputed are decided with the dispute."""

    _inherit = "dispute.dossier"

    # === BUSINESS: GATE ===#
    def _transition(self, state, **values):
        # EXTENDS
        todo = super()._transition(state, **values)
        items = todo.sudo().line_ids.move_id.line_ids
        self.env["statutory.letter"]._on_changed(items)
        return todo
