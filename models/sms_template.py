from odoo import api, models


class SmsTemplate(models.Model):
    _inherit = "sms.template"

    # === CONSTRAINTS ===#
    @api.constrains("body", "model_id")
    def _check_dunning_text(self):
        """Texts of reminders are tried on an invented one when they are saved."""
        for template in self.filtered(lambda template: template.model == "dunning.notice"):
            self.env["dunning.notice"]._check_template(template)
