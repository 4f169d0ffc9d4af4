from odoo import models
from odoo.tools import format_date


class DunningDecision(models.AbstractModel):
    """Decisions in words: the sentence that an invoice shows, and labels for lists."""

    _inherit = "dunning.decision"

    # === BUSINESS ===#
    def _get_reason_labels(self):
        """Short labels of the reason codes in the user's language, for lists and tables."""
        return dict(self.env["dunning.item"]._fields["reason"]._description_selection(self.env))

    def _fetch_for_explanations(self, decisions):
        """Read at once what :meth:`_explain` tells about these decisions."""
        blocks = self.env["dunning.block"].browse(
            {decision.block_id for decision in decisions if decision.reason == "block"}
        )
        blocks.sudo().fetch(["date_to", "kind", "reason", "res_model", "res_id"])
        notices = self.env["dunning.notice"].browse(
            {decision.notice_id for decision in decisions if decision.reason == "pending"}
        )
        notices.sudo().fetch(["name", "state", "level_id", "failure_reason"])

    def _explain(self, decision):
        """Return the decision as one or two sentences that a person understands."""
        text = self._explain_reason(decision)
        if decision.credit:
            currency = self.env["res.currency"].browse(decision.currency_id)
            amount = currency.format(decision.credit)
            if self._get_move(decision).is_purchase_document():
                text = self.env._(
                    "%(text)s What we owe this supplier (%(amount)s) is deducted.",
                    text=text,
                    amount=amount,
                )
            else:
                text = self.env._(
                    "%(text)s Money that is not yet allocated (%(amount)s) is deducted.",
                    text=text,
                    amount=amount,
                )
        if decision.last_level_id:
            text = self.env._(
                "“%(last)s” was sent on %(date)s. %(next)s",
                last=self.env["dunning.level"].sudo().browse(decision.last_level_id).name,
                date=format_date(self.env, decision.last_date),
                next=text,
            )
        return text

    def _explain_reason(self, decision):
        level = self.env["dunning.level"].sudo().browse(decision.level_id).name
        day = decision.date and format_date(self.env, decision.date)
        match decision.reason:
            case "remind":
                return self.env._("“%s” goes out with the next run.", level)
            case "not_yet":
                return self.env._(
                    "“%(level)s” follows on %(date)s if it is still open then.",
                    level=level,
                    date=day,
                )
            case "contact_cap":
                return self.env._(
                    "“%(level)s” waits until %(date)s: this debtor had enough messages this week.",
                    level=level,
                    date=day,
                )
            case "below_minimum":
                return self.env._(
                    "Too little to send “%s” for: it waits until more of this debtor comes due.",
                    level,
                )
            case "no_address":
                return self.env._(
                    "“%s” cannot be sent: the debtor has no address for its channels.", level
                )
            case "pending":
                return self._explain_pending(decision)
            case "block":
                return self._explain_block(decision)
            case "before_start" | "bank_outdated":
                return self._explain_company(decision)
            case "unallocated" if self._get_move(decision).is_purchase_document():
                return self.env._(
                    "No reminders now: we owe this supplier as much. Offset it against our bills."
                )
        return self._get_fixed_sentences()[decision.reason]

    def _get_fixed_sentences(self):
        """Sentences that are the same for every item."""
        return {
            "finished": self.env._("Every level of the policy has been sent."),
            "own_group": self.env._("No reminders: this is a company of our own group."),
            "no_policy": self.env._("No reminders: there is no active dunning policy."),
            "no_followup": self.env._("No reminders: this document is excluded from follow-up."),
            "payment_blocked": self.env._(
                "No reminders: the payment state of the invoice is blocked."
            ),
            "direct_debit": self.env._(
                "No reminders: it is collected by direct debit, and was not returned."
            ),
            "under_way": self.env._("No reminders now: a payment is under way."),
            "not_delivered": self.env._(
                "No reminders: the invoice was not delivered to the customer. Send it, or "
                "mark it as sent if it went out by other means."
            ),
            "unallocated": self.env._(
                "No reminders now: money was received from this debtor that is not yet "
                "allocated to invoices."
            ),
        }

    def _get_move(self, decision):
        return self.env["account.move"].sudo().browse(decision.move_id)

    def _explain_company(self, decision):
        company = self._get_move(decision).company_id
        if decision.reason == "before_start":
            return self.env._(
                "No reminders: it was due before the day on which reminders began (%s).",
                format_date(self.env, company.dunning_start_date),
            )
        return self.env._(
            "No reminders now: the newest bank transaction in the books is of %s.",
            format_date(self.env, self._get_newest_bank_date(company)),
        )

    def _explain_pending(self, decision):
        notice = self.env["dunning.notice"].sudo().browse(decision.notice_id)
        sentence = {
            "proposed": self.env._("%(level)s (%(notice)s) waits to be released."),
            "ready": self.env._("%(level)s (%(notice)s) is ready to be sent."),
            "sending": self.env._("%(level)s (%(notice)s) is being sent."),
            "todo": self.env._("%(level)s (%(notice)s) waits for a call or a visit."),
            "failed": self.env._("%(level)s (%(notice)s) could not be sent: %(error)s"),
        }[notice.state]
        return sentence % {
            "level": notice.level_id.name,
            "notice": notice.name,
            "error": notice.failure_reason or "",
        }

    def _explain_block(self, decision):
        block = self.env["dunning.block"].sudo().browse(decision.block_id)
        if block.res_model == "collection.promise":
            promise = self.env["collection.promise"].sudo().browse(block.res_id)
            return promise._get_hold_text()
        if block.date_to:
            return self.env._(
                "On hold until %(date)s: %(reason)s",
                date=format_date(self.env, block.date_to),
                reason=block.reason,
            )
        if block.kind == "status":
            return self.env._("On hold while the status lasts: %s", block.reason)
        return self.env._("On hold until it is lifted: %s", block.reason)
