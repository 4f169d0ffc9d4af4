from datetime import timedelta

from odoo import api, models

from .dunning_contact import TALKED

# So long reminders wait while installments are talked about.
CANNOT_PAY_PAUSE_DAYS = 7
# The job of whoever agrees on them.
INSTALLMENTS_TASK = "installments"
# Calls without an answer before a reminder goes on through its next channel.
MAX_ATTEMPTS = 3


class DunningContact(models.Model):
    """What follows from a talk. Each outcome returns a sentence about it for the chatter.

    Meant to be called with superuser rights: salespeople may log what a debtor promised, and the
    holds name them as the one who said so.
    """

    _inherit = "dunning.contact"

    # === BUSINESS ===#
    def _apply(self):
        """Carry out what the outcome asks for.

        :return: what was done, in a sentence for the debtor's chatter
        """
        self.ensure_one()
        activities = self._find_activities()
        text = getattr(self, f"_apply_{self.outcome}")(activities)
        if self.outcome in TALKED:
            self._close_activities(activities)
        if self.next_date and not activities.filtered("active"):
            self._schedule_next_call()
        return text

    def _find_activities(self):
        """The calls or visits that this one was for."""
        if self.activity_id:
            return self.activity_id
        activities = self.env["mail.activity"].search(
            self.env["mail.activity"]._get_dunning_contact_domain(
                self.company_id, self.partner_id, self.channel
            )
        )
        if self.notice_id:
            activities = activities.filtered(
                lambda activity: activity.dunning_notice_id == self.notice_id
            )
        return activities

    def _close_activities(self, activities):
        """The conversation took place: reminders that waited for it are delivered."""
        activities._close_dunning_contact(self.note or self._get_label("outcome"))
        notices = activities.dunning_notice_id | self.notice_id
        notices._tell_contact_done(self.channel, self.date)

    # === BUSINESS: OUTCOMES ===#
    def _apply_promise(self, _activities):
        """Note the promise, which holds reminders until the money can be there."""
        promises = self.env["collection.promise"]._make(
            self.company_id,
            self.partner_id,
            self.move_line_ids,
            self.currency_id,
            self.promise_amount,
            date_made=self.date,
            date=self.promise_date,
            promised_by=self.spoken_to,
            channel=self.channel,
            contact_id=self.id,
            notice_id=self.notice_id.id,
            user_id=self.user_id.id,
            note=self.note,
        )
        return " ".join(promise._get_hold_text() for promise in promises)

    def _apply_not_received(self, _activities):
        """The invoices are sent again: by whoever logs it, when he may, else by a colleague."""
        moves = self._get_invoices()
        if not moves:
            return ""
        if self.env.context.get("dunning_contact_resend"):
            return self.env._("To be sent again.")
        names = ", ".join(moves.mapped("name"))
        sender = moves.invoice_user_id.filtered(lambda user: user.active and not user.share)[:1]
        self.partner_id._schedule_dunning_activity(
            self.company_id,
            "mail.mail_activity_data_todo",
            summary=self.env._("Send the invoices again"),
            note=self.env._("The debtor says that these never arrived: %s", names),
            user=sender,
        )
        return self.env._("A colleague was asked to send it again.")

    def _apply_dispute(self, _activities):
        reason = self.note or self.env._("Disputes it")
        self._hold("dispute", self.dispute_amount, reason)
        self.partner_id._schedule_dunning_activity(
            self.company_id,
            "mail.mail_activity_data_todo",
            summary=self.env._("Look into what the debtor disputes"),
            note=reason,
            deadline=self._get_next_working_day(self.company_id, self.date),
        )
        return self.env._("No reminders of it until the dispute is settled.")

    def _apply_cannot_pay(self, _activities):
        until = self.date + timedelta(days=CANNOT_PAY_PAUSE_DAYS)
        reason = self.note or self.env._("Cannot pay")
        self._hold("pause", 0.0, reason, until)
        self.partner_id._schedule_dunning_task(
            self.company_id,
            INSTALLMENTS_TASK,
            self.env._("Agree on installments"),
            note=reason,
        )
        return self.env._("Reminders wait until %s.", self._format_day(until))

    def _apply_no_answer(self, activities):
        """Try again on the next working day; after the last attempt the reminder goes on
        through its next channel."""
        again = self.next_date or self._get_next_working_day(self.company_id, self.date)
        texts = []
        for activity in activities.filtered("active"):
            activity.dunning_attempts += 1
            if activity.dunning_attempts >= MAX_ATTEMPTS:
                reason = self.env._("No answer after %s attempts", activity.dunning_attempts)
                self._give_up(activity, reason)
                texts.append(f"{reason}.")
            else:
                activity.date_deadline = again
                texts.append(self.env._("To be tried again on %s.", self._format_day(again)))
        return " ".join(dict.fromkeys(texts))

    def _apply_wrong_number(self, activities):
        contact = self.notice_id.contact_id
        recipient = contact if contact.phone else self.partner_id
        recipient._ask_to_mend(
            self.company_id, "call", recipient.phone, self.note or self._get_label("outcome")
        )
        for activity in activities.filtered("active"):
            self._give_up(activity, self._get_label("outcome"))
        return ""

    def _apply_other(self, _activities):
        return ""

    # === BUSINESS: MEANS ===#
    def _give_up(self, activity, reason):
        """This debtor cannot be reached like this: take the activity off the list."""
        activity._close_dunning_contact(reason)
        activity.dunning_notice_id._tell_contact_failed(activity.dunning_channel, reason)

    def _hold(self, kind, amount, reason, date_to=False):
        """Hold the items, or a part of them, oldest first.

        :param amount: how much is held, in the currency of this contact; 0, or all that is open
            in it, holds every item as a whole
        :return: the blocks
        """
        values = {
            "kind": kind,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "date_from": self.date,
            "date_to": date_to,
            "reason": reason,
            "res_model": self._name,
            "res_id": self.id,
        }
        return (
            self.env["dunning.block"]
            .with_context(dunning_block_quiet=True)
            .create(
                [
                    {**values, "move_line_id": item.id, "amount": part}
                    for item, part in self._split(amount)
                ]
            )
        )

    def _split(self, amount):
        """Pour an amount over the items, oldest first.

        :return: pairs of an item and the part of it; 0 for the whole item
        """
        items = self.move_line_ids.sorted(lambda item: (item.date_maturity or item.date, item.id))
        compare = self.currency_id.compare_amounts
        total = self._sum_items(items, self.currency_id)
        if compare(amount, 0) <= 0 or compare(amount, total) >= 0:
            return [(item, 0.0) for item in items]
        parts = []
        for item in items.filtered(lambda item: item.currency_id == self.currency_id):
            if compare(amount, 0) <= 0:
                break
            residual = item.amount_residual_currency
            parts.append((item, 0.0 if compare(amount, residual) >= 0 else amount))
            amount = self.currency_id.round(amount - residual)
        return parts

    def _get_invoices(self):
        """The documents the talk was about that can be sent."""
        return self.move_line_ids.move_id.filtered(
            lambda move: move.is_sale_document(include_receipts=True) and move.state == "posted"
        )

    def _schedule_next_call(self):
        """Call again on the day that was agreed."""
        activity = self.activity_id
        channel = self.channel if self.channel in ("call", "visit") else "call"
        return self.partner_id._schedule_dunning_activity(
            self.company_id,
            "account_credit_management.mail_activity_type_visit"
            if channel == "visit"
            else "mail.mail_activity_data_call",
            user=self.user_id,
            summary=self.env._("Call again: %s", self._get_label("outcome")),
            note=activity.note or self.note,
            deadline=self.next_date,
            dunning_channel=channel,
            dunning_notice_id=self.notice_id.id,
            dunning_move_ids=[(6, 0, self.move_line_ids.move_id.ids)],
            dunning_amount=self._get_company_amount(),
        )

    def _get_company_amount(self):
        """What is open of the items, in the currency of the company."""
        return self.company_id.currency_id.round(sum(self.move_line_ids.mapped("amount_residual")))

    @api.model
    def _can_resend(self, moves):
        """Whether the user may send these invoices himself."""
        moves = moves.sudo(False)
        wizard = "account.move.send.wizard" if len(moves) == 1 else "account.move.send.batch.wizard"
        return (
            bool(moves)
            and self.env[wizard].sudo(False).has_access("create")
            and moves.has_access("read")
        )
