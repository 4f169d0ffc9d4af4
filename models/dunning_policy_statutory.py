from odoo import api, models

from .dunning_policy_warning import CONSUMER_TERM
from .dunning_profile import POSTED_TERM

LEGAL_SCHEMES = ("statutory", "be_consumer")


class DunningPolicy(models.Model):
    """Letters to consumers that would not count, and costs that nobody would owe."""

    _inherit = "dunning.policy"

    # === COMPUTE ===#
    @api.depends(
        "consumer_clause",
        "level_ids.cost_scheme",
        "level_ids.charge_mode",
        "level_ids.print_pay_before",
        "level_ids.statutory_letter",
    )
    def _compute_warnings(self):
        # EXTENDS
        return super()._compute_warnings()

    # === BUSINESS ===#
    def _get_warnings(self):
        # EXTENDS
        texts = super()._get_warnings()
        levels = self._get_ladder().filtered(lambda level: level.stage != "handover")
        letters = levels.filtered("statutory_letter")
        if self._is_for_consumers():
            letters |= self._get_belgian_first(levels)
            texts += self._get_cost_warnings(levels)
        for level in letters:
            texts += self._get_letter_warnings(level)
        return texts

    def _get_belgian_first(self, levels):
        """The level of the Belgian first reminder, of a policy that is for Belgians."""
        first = levels.filtered(lambda level: level.stage != "courtesy")[:1]
        company = self.company_id or self.env.company
        is_belgian = self.profile == "be_consumer" or company.sudo().country_id.code == "BE"
        return first if is_belgian else first.browse()

    def _get_letter_warnings(self, level):
        """Why a message that the law counts from would not count."""
        texts = []
        if not (level.use_email or level.use_letter):
            texts.append(
                self.env._(
                    "“%s” goes out neither as an e-mail nor as a letter: to consumers it does not "
                    "count as the letter that costs wait for.",
                    level.name,
                )
            )
        needed = POSTED_TERM if level.use_letter else CONSUMER_TERM
        if level.print_pay_before and level.payment_days < needed:
            texts.append(
                self.env._(
                    "“%(level)s” names the last day to pay, %(days)s days after sending. The "
                    "fourteen days of the law can end up to %(needed)s days after it, and a letter "
                    "with a shorter term does not count. Give %(needed)s days, or let it name no "
                    "date.",
                    level=level.name,
                    days=level.payment_days,
                    needed=needed,
                )
            )
        if level.statutory_letter and level.cost_scheme == "none":
            texts.append(
                self.env._(
                    "“%s” is a letter that costs wait for, but has no costs: without their exact "
                    "amount it does not count.",
                    level.name,
                )
            )
        template = level._get_mail_template()
        if template and not template._tells_term():
            texts.append(
                self.env._(
                    "The text of “%s” has no place for the term and the costs (charge_block): to "
                    "consumers it does not count as the letter that costs wait for.",
                    level.name,
                )
            )
        return texts

    def _get_cost_warnings(self, levels):
        """Costs of a policy for consumers that would never be owed."""
        charging = levels.filtered(lambda level: level.cost_scheme != "none")
        if self._get_belgian_first(levels):
            # What the law allows is no surprise: the clause decides about it.
            charging = charging.filtered(lambda level: level.cost_scheme not in LEGAL_SCHEMES)
            if self.consumer_clause or not charging:
                return []
            return [
                self.env._(
                    "“%s” charges costs, but the policy says that Belgian consumers agreed to "
                    "none: nothing is charged.",
                    charging[0].name,
                )
            ]
        if not charging or charging.filtered("statutory_letter"):
            return []
        return [
            self.env._(
                "“%s” charges costs, but no level is the letter that costs of Dutch consumers wait "
                "for: nothing is charged to them.",
                charging[0].name,
            )
        ]
