from odoo import api, fields, models


class ArrangementBreak(models.TransientModel):
    """Break an arrangement before its days of grace are over, and say how dunning goes on."""

    _name = "arrangement.break"
    _description = "Break an Arrangement"

    # === FIELDS ===#
    arrangement_id = fields.Many2one("installment.arrangement", required=True, readonly=True)
    reason = fields.Char(
        required=True, default=lambda self: self.env._("An installment was not paid.")
    )
    level_ids = fields.Many2many("dunning.level", compute="_compute_level_ids", compute_sudo=True)
    level_id = fields.Many2one(
        "dunning.level",
        "Go On With",
        domain="[('id', 'in', level_ids)]",
        help="The reminder that comes next. Empty: the one that was next before the arrangement.",
    )

    # === COMPUTE ===#
    @api.depends("arrangement_id")
    def _compute_level_ids(self):
        """The levels that the debtor goes through in this company."""
        for wizard in self:
            debtor = wizard.arrangement_id.partner_id
            policy = debtor.with_company(
                wizard.arrangement_id.company_id
            ).dunning_effective_policy_id
            wizard.level_ids = policy.level_ids

    # === ACTIONS ===#
    def action_break(self):
        self.ensure_one()
        self.arrangement_id._break(self.reason, level=self.level_id)
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS ===#
    @api.model
    def _get_open_action(self, arrangement):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Break %s", arrangement.name),
            "res_model": self._name,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_arrangement_id": arrangement.id},
        }
