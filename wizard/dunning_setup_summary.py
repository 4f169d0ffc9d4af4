from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import config, format_date

from ..models.dunning_profile import PROFILES

# Bank transactions older than this are no basis for reminders.
MAX_BANK_AGE = 4


class DunningSetup(models.TransientModel):
    """The last step: what will happen, and what should be in order before it does."""

    _inherit = "dunning.setup"

    # === FIELDS ===#
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    checklist = fields.Html(compute="_compute_checklist", sanitize=False)

    # === COMPUTE ===#
    @api.depends("step", "test_mode", "test_email", "daily")
    @api.depends_context("lang")
    def _compute_summary(self):
        for setup in self:
            setup.summary = setup.step == "finish" and setup._render_view(
                "dunning_setup_summary", sentences=setup._get_summary()
            )

    @api.depends("step")
    @api.depends_context("lang")
    def _compute_checklist(self):
        for setup in self:
            setup.checklist = setup.step == "finish" and setup._render_view(
                "dunning_setup_checklist",
                checks=setup._get_checks(),
                by_hand=setup._get_checks_by_hand(),
            )

    # === BUSINESS: SUMMARY ===#
    def _get_summary(self):
        """What happens after the last click, in sentences."""
        self.ensure_one()
        keys = self._get_profile_keys()
        names = "; ".join(self.env._(PROFILES[key].label) for key in keys)
        sentences = [self.env._("Debtors are reminded by these policies: %s.", names)]
        dropped = (
            self.env["dunning.policy"]
            ._get_with_profile(self.company_id)
            .filtered(lambda policy: policy.active and policy.profile not in keys)
        )
        if dropped:
            names = "; ".join(dropped.mapped("name"))
            sentences.append(self.env._("No longer used, and archived: %s.", names))
        return [*sentences, self._get_first_run_sentence(), *self._get_sending_sentences()]

    def _get_first_run_sentence(self):
        levels = self._get_counts().get("levels", ())
        messages = sum(count for _name, _manual, count in levels)
        by_hand = sum(count for _name, manual, count in levels if manual)
        if not messages:
            return self.env._("Today nobody would be reminded.")
        if not by_hand:
            return self.env._("Messages that a run of today would propose: %s.", messages)
        return self.env._(
            "Messages that a run of today would propose: %(messages)s. Of these, %(by_hand)s would "
            "wait until someone has released them.",
            messages=messages,
            by_hand=by_hand,
        )

    def _get_sending_sentences(self):
        sentences = []
        if self.test_mode and self.test_email:
            sentences.append(
                self.env._(
                    "Test mode is on: nothing reaches a debtor, e-mails go to %s.", self.test_email
                )
            )
        elif self.test_mode:
            sentences.append(self.env._("Test mode is on: nothing reaches a debtor."))
        if self.daily:
            sentences.append(
                self.env._(
                    "Every working day reminders are proposed. Those that need no release are sent."
                )
            )
        else:
            sentences.append(self.env._("Nothing happens by itself: you start every run."))
        return sentences

    # === BUSINESS: CHECKLIST ===#
    def _get_checks(self):
        """What can be looked at from here.

        :rtype: list[tuple[bool, str]] in order or not, and the sentence that says so
        """
        self.ensure_one()
        company = self.company_id.sudo()
        return [
            self._look_at_bank_account(company),
            self._look_at_mail_server(),
            self._look_at_sender(company),
            self._look_at_bank_transactions(company),
            *self._look_at_items(),
        ]

    def _get_checks_by_hand(self):
        """What only people can know."""
        return [
            self.env._("The open items add up to the receivable accounts."),
            self.env._("The old system sends no reminders any more."),
            self.env._("The domain of your e-mail address allows this server to send for it."),
            self.env._("Someone reads the replies."),
            self.env._("You have read some twenty of the messages before they go out."),
        ]

    def _look_at_bank_account(self, company):
        bank = company.partner_id.bank_ids.filtered(
            lambda bank: bank.company_id in (bank.company_id.browse(), company)
        )[:1]
        if bank:
            return True, self.env._("Debtors pay to %s.", bank.acc_number)
        return False, self.env._(
            "Your company has no bank account: reminders cannot tell where to pay."
        )

    def _look_at_mail_server(self):
        servers = self.env["ir.mail_server"].sudo().search_count([])
        if servers or config["smtp_server"] not in ("localhost", False):
            return True, self.env._("There is a server for outgoing mail.")
        return False, self.env._("No server for outgoing mail was set up.")

    def _look_at_sender(self, company):
        missing = [
            label
            for value, label in (
                (company.street and company.city, self.env._("address")),
                (self.user_id.sudo().phone or company.phone, self.env._("phone number")),
                (company.email, self.env._("e-mail address")),
            )
            if not value
        ]
        if missing:
            return False, self.env._("Missing of your company: %s.", ", ".join(missing))
        return True, self.env._("Address, phone number and e-mail address are known.")

    def _look_at_bank_transactions(self, company):
        lines = self.env["account.bank.statement.line"].sudo()
        newest = lines.search([("company_id", "=", company.id)], order="date desc", limit=1).date
        if not newest:
            return False, self.env._(
                "No bank transactions yet: payments have to be booked before anyone is reminded."
            )
        recent = company._get_dunning_today() - newest <= timedelta(days=MAX_BANK_AGE)
        return recent, self.env._("Bank booked until %s.", format_date(self.env, newest))

    def _look_at_items(self):
        """What keeps overdue items from being reminded although somebody could do something."""
        if not self.forecast:
            return []
        counts = {code: items for code, items, _debtors in self._get_counts().get("reasons", ())}
        checks = []
        if count := counts.get("not_delivered"):
            checks.append(
                self.env._(
                    "Invoices that are not marked as sent, and not reminded before they are: %s.",
                    count,
                )
            )
        if count := counts.get("no_address"):
            checks.append(self.env._("Items of debtors without a usable address: %s.", count))
        if count := counts.get("unallocated"):
            checks.append(self.env._("Items that wait for payments to be allocated: %s.", count))
        return [(False, check) for check in checks] or [
            (True, self.env._("Every debtor who is to be reminded can be reached."))
        ]
