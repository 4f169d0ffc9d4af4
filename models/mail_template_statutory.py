from odoo import models

# Placeholders of a text that state the costs which a consumer will owe; the first ones state
# everything that the law wants to be said.
TERM_PLACEHOLDERS = ("charge_block", "amount_costs_announced")


class MailTemplate(models.Model):
    """Texts of letters to consumers say what the law demands, or the letter does not count."""

    _inherit = "mail.template"

    # === BUSINESS ===#
    def _tells_term(self):
        """Whether this text, in the language of the context, has a place for the term and the
        costs."""
        self.ensure_one()
        body = str(self.body_html or "")
        return any(placeholder in body for placeholder in TERM_PLACEHOLDERS)
