from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ..calc.interest import accrue
from .dunning_level_charge import ASKING_MODES
from .dunning_notice_text_charge import SILENT_STAGES
from .dunning_profile import PROFILES


class DunningNotice(models.Model):
    """Examples show the costs and the interest that their level would claim."""

    _inherit = "dunning.notice"

    # === BUSINESS: EXAMPLE ===#
    @api.model
    def _new_example(self, level, company, lang, debtor=None):
        # EXTENDS
        notice = super()._new_example(level, company, lang, debtor)
        if notice.stage not in SILENT_STAGES:
            notice._fill_example_charge("costs", notice._get_example_costs())
            notice._fill_example_charge("interest", notice._get_example_interest())
        return notice

    @api.model
    def _new_example_debtor(self, level, company, lang):
        # EXTENDS: a level that is meant for consumers shows what these read
        debtor = super()._new_example_debtor(level, company, lang)
        policy = level.policy_id
        if level.statutory_letter or (policy and policy._is_for_consumers()):
            debtor.update({"is_company": False, "debtor_kind": "consumer"})
        profile = PROFILES.get(policy.profile)
        if profile and profile.country:
            domain = [("code", "=", profile.country)]
            debtor.country_id = self.env["res.country"].search(domain, limit=1)
        return debtor

    def _fill_example_charge(self, kind, amount):
        """Ask or announce an amount as the level does; a consumer is never asked at once."""
        asked = (
            self.level_id.charge_mode in ASKING_MODES and self.partner_id.debtor_kind != "consumer"
        )
        self[f"amount_{kind}" if asked else f"amount_{kind}_announced"] = float(amount)

    def _get_example_costs(self):
        """The costs by the scheme of the level; of a consumer those that the letter announces.

        :rtype: decimal.Decimal
        """
        if self.partner_id.debtor_kind == "consumer" and not self.statutory_law:
            return Decimal(0)
        moves, items = self.env["account.move"], self.env["account.move.line"]
        principals = {
            line.move_line_id
            or items.new({"move_id": moves.new({"move_type": "out_invoice"})}): self._get_exact(
                line.amount_residual
            )
            for line in self.line_ids
        }
        quote = self.env["statutory.cost"]._quote(
            self.level_id,
            self.partner_id,
            self.company_id,
            self.currency_id,
            principals,
            self._get_text_date(),
        )
        return quote.amount

    def _get_example_interest(self):
        """The interest of the items until today. Of an invented consumer none: it depends on what
        he was sent before.

        :rtype: decimal.Decimal
        """
        service = self.env["statutory.interest"]
        items = self.line_ids.move_line_id
        if not self.level_id.charge_interest:
            return Decimal(0)
        if items:
            claims = service._accrue(items, self._get_text_date(), strict=False)
            return sum((claim.total for claim in claims), Decimal(0))
        basis = service._get_basis(self.company_id, self.partner_id)
        if not basis.kind or self.partner_id.debtor_kind == "consumer":
            return Decimal(0)
        return sum((self._get_invented_interest(line, basis) for line in self.line_ids), Decimal(0))

    def _get_invented_interest(self, line, basis):
        service = self.env["statutory.interest"]
        due, until = line.date_maturity, self._get_text_date()
        if until <= due:
            return Decimal(0)
        try:
            rates = service._get_used_rates(basis, due + timedelta(days=1), until, {})
        except UserError:
            return Decimal(0)
        return accrue(
            self._get_exact(line.amount_residual),
            due,
            until,
            compound=basis.compound,
            days_in_year=basis.days_in_year,
            digits=self.currency_id.decimal_places,
            **service._prepare_rates(basis, rates),
        ).total

    def _get_exact(self, amount):
        return self.env["statutory.interest"]._to_decimal(amount, self.currency_id)
