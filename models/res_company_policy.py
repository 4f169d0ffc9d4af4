from odoo import api, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """What a company may choose for its reminders."""

    _inherit = "res.company"

    # === CONSTRAINTS ===#
    @api.constrains("dunning_policy_id")
    def _check_dunning_policy(self):
        for company in self.sudo():
            policy = company.dunning_policy_id
            if policy and company not in policy._get_user_companies():
                raise ValidationError(
                    self.env._(
                        "The dunning policy “%(policy)s” is of %(owner)s and cannot be the default "
                        "of %(company)s.",
                        policy=policy.name,
                        owner=policy.company_id.name,
                        company=company.name,
                    )
                )

    @api.constrains("dunning_user_id")
    def _check_dunning_user(self):
        for company in self.sudo():
            user = company.dunning_user_id
            if user and not user.active:
                raise ValidationError(
                    self.env._("%s is archived: choose another contact for debtors.", user.name)
                )
