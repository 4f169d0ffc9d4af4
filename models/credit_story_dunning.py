from odoo import api, models
from odoo.fields import Domain

from .credit_story import STORY_LIMIT, Event


class CreditStory(models.AbstractModel):
    """What was said and agreed on about paying."""

    _inherit = "credit.story"

    # === BUSINESS ===#
    @api.model
    def _find(self, model, company, debtor, moves, path, order, extra=()):
        """The latest records of a debtor, or those about some of its invoices.

        :param str path: field that leads to the invoices
        """
        domain = Domain([("company_id", "=", company.id), ("partner_id", "=", debtor.id), *extra])
        if moves is not None:
            domain &= Domain(path, "in", moves.ids)
        return self.env[model].search(domain, order=order, limit=STORY_LIMIT)

    @api.model
    def _get_notice_events(self, company, debtor, moves):
        """Reminders that went out."""
        notices = self._find(
            "dunning.notice",
            company,
            debtor,
            moves,
            "line_ids.move_line_id.move_id",
            "date desc, id desc",
            [("state", "in", ("sent", "imported"))],
        )
        return [
            Event(
                notice.sent_date or notice.date,
                "reminder",
                notice,
                notice.level_id.name,
                self._join(notice.name, notice.channel),
                amount=notice.amount_total,
                currency=notice.currency_id,
            )
            for notice in notices
        ]

    @api.model
    def _get_contact_events(self, company, debtor, moves):
        """Calls and visits; one without items was about everything that was overdue then."""
        domain = Domain([("company_id", "=", company.id), ("partner_id", "=", debtor.id)])
        if moves:
            first = min(move.invoice_date or move.date for move in moves)
            domain &= Domain("move_line_ids.move_id", "in", moves.ids) | (
                Domain("move_line_ids", "=", False) & Domain("date", ">=", first)
            )
        contacts = self.env["dunning.contact"].search(
            domain, order="date desc, id desc", limit=STORY_LIMIT
        )
        return [
            Event(
                contact.date,
                "contact",
                contact,
                self._get_label(contact, "channel"),
                self._join(
                    self._get_label(contact, "outcome"), contact.spoken_to, contact.user_id.name
                ),
                note=contact.note or "",
            )
            for contact in contacts
        ]

    @api.model
    def _get_promise_events(self, company, debtor, moves):
        promises = self._find(
            "collection.promise",
            company,
            debtor,
            moves,
            "item_ids.move_line_id.move_id",
            "date_made desc, id desc",
        )
        return [
            Event(
                promise.date_made,
                "promise",
                promise,
                self.env._("Promised to pay on %s", self._format(promise.date)),
                self._join(self._get_label(promise, "state"), promise.promised_by),
                note=promise.note or "",
                amount=promise.amount,
                currency=promise.currency_id,
            )
            for promise in promises
        ]

    @api.model
    def _get_arrangement_events(self, company, debtor, moves):
        arrangements = self._find(
            "installment.arrangement",
            company,
            debtor,
            moves,
            "item_ids.move_line_id.move_id",
            "date desc, id desc",
            [("state", "!=", "draft")],
        )
        return [
            Event(
                arrangement.active_date or arrangement.date,
                "arrangement",
                arrangement,
                self.env._("Arrangement %s", arrangement.name),
                self._get_label(arrangement, "state"),
                amount=arrangement.amount_total,
                currency=arrangement.currency_id,
            )
            for arrangement in arrangements
        ]

    @api.model
    def _get_dispute_events(self, company, debtor, moves):
        """Disputes: when they were opened, and how they ended."""
        disputes = self._filter_own(
            self._find("dispute.dossier", company, debtor, moves, "move_ids", "date desc, id desc")
        )
        events = []
        for dispute in disputes:
            is_open = not dispute.closed_date
            events.append(
                Event(
                    dispute.date,
                    "dispute",
                    dispute,
                    self.env._("Dispute %s", dispute.name),
                    self._join(
                        dispute.reason_id.name, is_open and self._get_label(dispute, "state")
                    ),
                    amount=dispute.amount_claimed,
                    currency=dispute.currency_id,
                )
            )
            if dispute.closed_date:
                label = self._get_label(dispute, "outcome") or self._get_label(dispute, "state")
                title = self.env._(
                    "%(dispute)s settled: %(outcome)s", dispute=dispute.name, outcome=label
                )
                text = dispute.outcome_reason or ""
                events.append(Event(dispute.closed_date, "dispute", dispute, title, text))
        return events
