from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    # === CRUD ===#
    def write(self, vals):
        # EXTENDS 'base'
        archived = self.browse()
        if vals.get("active") is False:
            archived = self.filtered("active")
        res = super().write(vals)
        archived._ask_for_other_dunning_contact()
        return res

    # === BUSINESS ===#
    def _ask_for_other_dunning_contact(self):
        """Ask who archives the contact for debtors of a company to name another one.

        Archiving goes on: a person who left must lose access at once. Until then reminders name
        the salesperson or the company.
        """
        if not self:
            return
        companies = self.env["res.company"].sudo().search([("dunning_user_id", "in", self.ids)])
        for company in companies:
            company.partner_id.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Choose another contact for debtors"),
                note=self.env._(
                    "%s was archived, but is still the contact for debtors in the settings of "
                    "Credit Management.",
                    company.dunning_user_id.name,
                ),
                user_id=self.env.user.id,
            )
