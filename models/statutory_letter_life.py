from odoo import api, fields, models
from odoo.tools import format_date

from .state_machine import check_transition
from .statutory_letter import TRANSITIONS

# E-mail and post are what the law calls a durable medium; the others leave nothing behind.
LAW_CHANNELS = {"email": "email", "letter": "post"}


class StatutoryLetter(models.Model):
    """From being sent to counting or not: how a letter follows its reminder."""

    _inherit = "statutory.letter"

    # === BUSINESS: GATE ===#
    def _transition(self, state, **values):
        """Change the state: the only gate. Letters that are there already are skipped.

        :return: those that went, as superuser
        """
        todo = self.sudo().filtered(lambda letter: letter.state != state)
        check_transition(todo, state, TRANSITIONS)
        todo.write({"state": state, **values})
        return todo

    def _void(self, reason, ask=True):
        """These letters do not count: what was charged because of them was never owed.

        :param str reason: in a sentence
        :param bool ask: whether somebody has to see to it that a new one is sent
        """
        for letter in self._transition("void", void_reason=reason):
            letter.charge_ids._withdraw(reason)
            letter._move_next_level()
            if ask:
                letter._tell_void()

    def _tell_void(self):
        """Ask the contact for debtors to send a new letter."""
        self.ensure_one()
        user = self.partner_id._get_dunning_assignee(self.company_id)
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("No costs can be charged: %s does not count", self.name),
            note=self.void_reason,
            user_id=user.id,
        )

    # === BUSINESS: SENDING ===#
    @api.model
    def _remember(self, notice, law, day):
        """Remember that a notice with what the law demands went out.

        :param str law: ``nl`` or ``be``
        :return: the letter, as superuser; nothing when there is none to remember
        """
        overdue, lines = notice._get_statutory_lines(day)
        letters = self.sudo()
        if not lines and (overdue or law == "be"):
            return letters
        principals = {
            line.move_line_id: self._to_decimal(line.amount_residual, notice.currency_id)
            for line in lines
        }
        quote = self.env["statutory.cost"]._quote(
            notice.level_id,
            notice.partner_id,
            notice.company_id,
            notice.currency_id,
            principals,
            day,
        )
        announced = self._to_decimal(notice.amount_costs_announced, notice.currency_id)
        # A notice may tell of costs of an older letter too.
        announced = min(announced, quote.amount)
        letter = letters.create(
            {
                "law": law,
                "company_id": notice.company_id.id,
                "partner_id": notice.partner_id.id,
                "notice_id": notice.id,
                "sent_date": day,
                "printed_pay_before": notice.pay_before,
                "amount_principal": sum(lines.mapped("amount_residual")),
                "amount_costs": float(announced),
                "amount_vat": float(min(notice._get_quoted_vat(), announced)),
                "item_ids": [
                    fields.Command.create(
                        {
                            "move_line_id": line.move_line_id.id,
                            "amount": line.amount_residual,
                            "amount_open": line.move_line_id.amount_residual_currency,
                        }
                    )
                    for line in lines
                ],
            }
        )
        letter._follow_reminder()
        if letter.state != "void" and not notice._tells_term():
            letter._void(self.env._("Its text does not give the term and the costs."))
        return letter

    def _follow_reminder(self):
        """Bring the term in line with how and when the reminder really went out."""
        for letter in self.sudo().filtered(lambda letter: letter.state != "void"):
            sent_by_channel = letter._get_sent_by_channel()
            if sent_by_channel:
                letter.write(
                    letter._prepare_term(
                        letter.law,
                        letter.company_id,
                        sent_by_channel,
                        letter.received_proven and letter.received_date or None,
                        letter.printed_pay_before,
                    )
                )
            fault = letter._get_fault(sent_by_channel)
            if fault:
                letter._void(fault)
            else:
                letter._move_next_level()

    def _get_sent_by_channel(self):
        """On which day the reminder went out by each channel that the law knows.

        A letter to be posted by hand leaves the house on the day on which it is printed, or today
        at the earliest. When an e-mail says the same the reminder does not wait for it.
        """
        self.ensure_one()
        notice = self.notice_id
        channels = {
            LAW_CHANNELS[delivery.channel]: delivery
            for delivery in notice._get_main_deliveries().sorted("id")
            if delivery.channel in LAW_CHANNELS and delivery._is_gone()
        }
        sent = notice.sent_date
        days = dict.fromkeys(channels, sent)
        by_hand = "post" in channels and not channels["post"].mail_message_id
        if by_hand and self.posted_date:
            days["post"] = max(self.posted_date, sent)
        elif by_hand and len(channels) == 1 and not self.received_proven:
            days["post"] = max(self.company_id._get_dunning_today(), sent)
        return days

    def _is_unposted(self):
        """Whether the letter still lies here, so that its term has not begun."""
        self.ensure_one()
        return (
            self.state == "running"
            and not self.posted_date
            and not self.received_proven
            and self.channel == "post"
            and self._get_sent_by_channel().get("post", self.sent_date) != self.notice_id.sent_date
        )

    # === BUSINESS: FAULTS ===#
    def _get_fault(self, sent_by_channel):
        """Return why the letter does not count, for want of what the law demands of it."""
        self.ensure_one()
        if not sent_by_channel:
            return self.env._("It did not reach the debtor by e-mail or by post.")
        if not self.item_ids:
            return self.env._("Nothing in it was overdue when it was sent.")
        if self.law == "nl" and self.currency_id.compare_amounts(self.amount_costs, 0) <= 0:
            return self.env._("It does not name the amount of the costs.")
        return self._get_term_fault()

    def _get_term_fault(self):
        """Return what is wrong with the term that the message gives.

        A term that is too short is not repaired by waiting longer (Supreme Court of the
        Netherlands 25 November 2016, ECLI:NL:HR:2016:2704).
        """
        self.ensure_one()
        printed, demanded = self.printed_pay_before, self._get_last_day_of_law()
        if not printed or printed >= demanded:
            return ""
        return self.env._(
            "It asks to pay by %(printed)s, but the fourteen days of the law end on %(demanded)s.",
            printed=format_date(self.env, printed),
            demanded=format_date(self.env, demanded),
        )

    # === BUSINESS: NEXT LEVEL ===#
    def _move_next_level(self):
        """Let no next level come before the day on which costs may be charged.

        A letter that does not count gives no more time than its reminder did.
        """
        for letter in self.sudo():
            notice = letter.notice_id
            items = letter.item_ids.move_line_id
            lines = notice._get_valid_lines().filtered(
                lambda line, items=items: line.sent_date and line.move_line_id in items
            )
            own = notice.sent_date and fields.Date.add(
                notice.sent_date, days=notice.level_id.payment_days
            )
            if not lines or not own:
                continue
            if letter.state != "void" and letter.costs_from:
                own = max(own, fields.Date.subtract(letter.costs_from, days=1))
            lines.filtered(lambda line, own=own: line.term_date != own).term_date = own

    @api.model
    def _to_decimal(self, amount, currency):
        return self.env["statutory.interest"]._to_decimal(amount, currency)
