from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Command, Domain

from .dunning_profile import PROFILES, STAGE_NAMES

TONES = [("formal", "Formal"), ("informal", "Informal")]
STAGES_BY_HAND = ("final", "handover")
# Behind the policies that an administrator made: those are tried first.
FIRST_SEQUENCE = 20


class Target(NamedTuple):
    """A profile with the debtors it is for, as domain and in words."""

    key: str
    domain: Domain
    label: str


class DunningPolicy(models.Model):
    """Policies that the setup assistant makes, and finds again when it is run once more."""

    _inherit = "dunning.policy"

    # === FIELDS ===#
    profile = fields.Selection(
        [(key, profile.label._source) for key, profile in PROFILES.items()],
        readonly=True,
        copy=False,
        help="The country profile of the setup assistant that made this policy.",
    )

    _one_per_profile = models.UniqueIndex(
        "(company_id, profile) WHERE profile IS NOT NULL",
        "This company has a policy of that profile already.",
    )

    # === BUSINESS ===#
    @api.model
    def _get_with_profile(self, company):
        """Policies that the assistant made for ``company``, archived ones included."""
        return self.with_context(active_test=False).search(
            [("company_id", "=", company.id), ("profile", "!=", False)]
        )

    @api.model
    def _apply_profiles(self, company, keys, tone, accent_color=False, reset=False):
        """Make or update the policies of some profiles, and archive those of the others.

        :param list keys: profiles, at least one
        :param str tone: ``formal`` or ``informal``
        :param bool reset: put back levels that were changed since the assistant made them;
            otherwise only texts that came with the module follow the tone
        :return: the policies in the order in which they are tried; the last one is the default
        """
        known = {policy.profile: policy for policy in self._get_with_profile(company)}
        policies = self.browse()
        for position, target in enumerate(self._get_targets(company, keys)):
            values = {
                "active": True,
                "sequence": FIRST_SEQUENCE + position,
                "debtor_domain": repr(list(target.domain)) if target.domain else "[]",
            }
            policy = known.get(target.key)
            if not policy:
                profile = PROFILES[target.key]
                policy = self.with_context(lang="en_US").create(
                    {
                        **values,
                        "name": profile.label._source,
                        "company_id": company.id,
                        "profile": target.key,
                        "level_ids": [
                            Command.create(self._prepare_level_values(step, position, tone))
                            for position, step in enumerate(profile.steps, start=1)
                        ],
                    }
                )
                policy = policy.with_env(self.env)
                policy._translate_profile()
            else:
                policy.write(values)
                if reset:
                    policy._reset_levels(tone)
            policy._apply_tone(tone, accent_color)
            policies |= policy
        (self._get_with_profile(company) - policies).active = False
        return policies

    @api.model
    def _prepare_level_values(self, step, position, tone):
        """Values of the level of one step; a hand-over sends nothing."""
        sends = step.stage != "handover"
        courtesy = step.stage == "courtesy"
        return {
            "name": STAGE_NAMES[step.stage]._source,
            "sequence": 10 * position,
            "stage": step.stage,
            "delay_days": step.delay,
            "min_days_after_previous": step.gap,
            "payment_days": step.term,
            "print_pay_before": not step.text,
            "release": "manual" if step.stage in STAGES_BY_HAND else "auto",
            "use_email": sends,
            "use_letter": sends and not courtesy,
            "channel_mode": "all" if step.stage == "final" else "first",
            "attach_letter": sends and not courtesy,
            "mail_template_id": sends and self._get_profile_text(step, tone).id,
            "cost_scheme": step.costs,
            "charge_mode": "announced",
            "charge_interest": step.interest,
            "statutory_letter": step.letter,
        }

    @api.model
    def _get_profile_text(self, step, tone):
        """The text of a step that came with the module; empty when it was deleted."""
        name = step.text or step.stage
        suffix = "_informal" if tone == "informal" else ""
        return (
            self.env.ref(
                f"account_credit_management.mail_template_{name}{suffix}", raise_if_not_found=False
            )
            or self.env["mail.template"].browse()
        )

    def _translate_profile(self):
        """Give policy and levels their names in every language that is installed."""
        codes = [code for code, _name in self.env["res.lang"].get_installed() if code != "en_US"]
        names = [(self, PROFILES[self.profile].label)]
        names += [(level, STAGE_NAMES[level.stage]) for level in self.level_ids]
        for record, label in names:
            record.update_field_translations(
                "name", {code: self.with_context(lang=code).env._(label) for code in codes}
            )

    def _apply_tone(self, tone, accent_color):
        """Let levels with a text of the module use the one of ``tone``.

        A text that someone chose or wrote for a level stays.
        """
        self.ensure_one()
        texts = {}
        for step in PROFILES[self.profile].steps:
            pair = self._get_profile_text(step, "formal") + self._get_profile_text(step, "informal")
            texts |= dict.fromkeys(pair, self._get_profile_text(step, tone))
        for level in self.level_ids:
            if accent_color:
                level.accent_color = accent_color
            if level.mail_template_id in texts:
                level.mail_template_id = texts[level.mail_template_id]

    def _reset_levels(self, tone):
        """Put the levels back to the profile. Those that are not in it are archived."""
        self.ensure_one()
        levels = self.with_context(active_test=False).level_ids
        commands = []
        kept = levels.browse()
        for position, step in enumerate(PROFILES[self.profile].steps, start=1):
            values = self._prepare_level_values(step, position, tone)
            level = levels.filtered(lambda level, step=step: level.stage == step.stage)[:1]
            if level:
                # The name stays: it may have been translated.
                del values["name"]
                commands.append(Command.update(level.id, {**values, "active": True}))
                kept |= level
            else:
                commands.append(Command.create(values))
        for position, level in enumerate(levels - kept, start=len(commands) + 1):
            commands.append(Command.update(level.id, {"active": False, "sequence": 10 * position}))
        self.level_ids = commands

    # === BUSINESS: TARGET GROUPS ===#
    @api.model
    def _get_targets(self, company, keys):
        """Divide the debtors over profiles: the narrowest first, the default last.

        Without a policy of their own country consumers get that of other consumers rather than
        one for businesses; debtors without a country count as those of the company's own.

        :rtype: list[Target]
        """
        home = company.sudo().country_id.code or ""
        order = sorted(PROFILES, key=lambda key: PROFILES[key].country != home)
        keys = [key for key in order if key in keys]
        default = min(keys, key=lambda key: self._get_default_rank(key, home))
        consumers = [key for key in keys if PROFILES[key].kind == "consumer"]
        catch_all = consumers[0] if consumers and default not in ("plain", "eu") else None
        targets = []
        for key in keys:
            if key == default:
                continue
            rank = 2 if key == catch_all else 1 if key == "eu" else 0
            targets.append((rank, self._get_target(key, keys, home, key == catch_all)))
        targets = [target for _rank, target in sorted(targets, key=lambda pair: pair[0])]
        label = self.env._("All others") if targets else self.env._("All customers")
        return [*targets, Target(default, Domain.TRUE, label)]

    @api.model
    def _get_default_rank(self, key, home):
        """Which profile suits debtors best of whom nothing is known: the lowest."""
        profile = PROFILES[key]
        if key == "plain":
            return 0
        if profile.kind == "consumer":
            return 4
        if profile.country == home:
            return 1
        return 3 if profile.country else 2

    @api.model
    def _get_target(self, key, keys, home, everywhere):
        profile = PROFILES[key]
        domain, who = Domain.TRUE, self.env._("Customers")
        kinds = {PROFILES[other].kind for other in keys}
        if profile.kind == "consumer" and kinds != {"consumer"}:
            domain &= Domain("debtor_kind", "=", "consumer")
            who = self.env._("Consumers")
        elif profile.kind == "business" and "consumer" in kinds:
            domain &= Domain("debtor_kind", "!=", "consumer")
            who = self.env._("Businesses and government bodies")
        if key == "eu":
            domain &= Domain("country_id.country_group_ids.code", "=", "EU")
            if home and any(PROFILES[other].country == home for other in keys):
                domain &= Domain("country_id.code", "!=", home)
            return Target(key, domain, self.env._("%s in other countries of the EU", who))
        if everywhere:
            return Target(key, domain, who)
        place = Domain("country_id.code", "=", profile.country)
        if profile.country == home:
            place |= Domain("country_id", "=", False)
        country = self.env["res.country"].search([("code", "=", profile.country)], limit=1)
        label = self.env._("%(who)s in %(country)s", who=who, country=country.name)
        return Target(key, domain & place, label)
