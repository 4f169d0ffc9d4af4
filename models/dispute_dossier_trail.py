from odoo import api, fields, models


class DisputeDossier(models.Model):
    """The order-to-cash trail of what is disputed."""

    _inherit = "dispute.dossier"

    # === FIELDS ===#
    trail = fields.Html(
        compute="_compute_trail",
        compute_sudo=True,
        sanitize=False,
        help="From quotation to payment, everything about the disputed invoices.",
    )

    # === COMPUTE ===#
    @api.depends("line_ids.move_id", "state")
    @api.depends_context("uid", "lang", "tz")
    def _compute_trail(self):
        story = self.env["credit.story"]
        for dossier in self:
            dossier.trail = story._render(dossier._get_trail())

    # === BUSINESS ===#
    def _get_trail(self):
        """Events of the disputed invoices and their credit notes."""
        self.ensure_one()
        moves = self.sudo().line_ids.move_id | self._get_credit_notes("posted")
        return self.env["credit.story"]._get_events(self.company_id, self.partner_id, moves)
