from odoo import api, models

from .ir_qweb import COMPILED_TEXTS


class MailTemplate(models.Model):
    _inherit = "mail.template"

    # === BUSINESS ===#
    def _check_can_be_rendered(self, fnames=None, render_options=None):
        # EXTENDS 'mail': texts of reminders are tried on an invented one, so that a mistake shows
        # when it is saved, also before there is any reminder, and says where it is.
        for template in self.filtered(lambda template: template.model == "dunning.notice"):
            self.env["dunning.notice"]._check_template(template, fnames)
        return super()._check_can_be_rendered(fnames=fnames, render_options=render_options)

    @api.model
    def _has_unsafe_expression_template_qweb(self, source, model, fname=None):
        # EXTENDS 'mail': within a batch of messages the answer stays the same, for which each time
        # all of the text is compiled
        texts = self.env.context.get(COMPILED_TEXTS)
        look = super()._has_unsafe_expression_template_qweb
        if texts is None:
            return look(source, model, fname=fname)
        return texts.get(
            ("unsafe", str(source), model, fname), lambda: look(source, model, fname=fname)
        )
