from odoo import models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    # === BUSINESS ===#
    def _check_can_be_rendered(self, fnames=None, render_options=None):
        # EXTENDS 'mail': texts of reminders are tried on an invented one, so that a mistake shows
        # when it is saved, also before there is any reminder, and says where it is.
        for template in self.filtered(lambda template: template.model == "dunning.notice"):
            self.env["dunning.notice"]._check_template(template, fnames)
        return super()._check_can_be_rendered(fnames=fnames, render_options=render_options)
