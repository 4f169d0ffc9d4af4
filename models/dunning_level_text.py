from odoo import api, models


class DunningLevel(models.Model):
    """The texts of a level: tried when they are chosen, and shown as an example."""

    _inherit = "dunning.level"

    # === CONSTRAINTS ===#
    @api.constrains("mail_template_id", "sms_template_id")
    def _check_texts(self):
        """A text that fails would only show when the reminder should go out."""
        notices = self.env["dunning.notice"]
        for template in self.sudo().mail_template_id:
            notices._check_template(template)
        for template in self.sudo().sms_template_id:
            notices._check_template(template)

    # === ACTIONS ===#
    def action_preview_text(self):
        """Show what a debtor would read."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Text of “%s”", self.name),
            "res_model": "dunning.preview.text",
            "view_mode": "form",
            "target": "new",
            "context": {"default_level_id": self.id},
        }
