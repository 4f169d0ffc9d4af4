import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError

from .dunning_decision import PENDING_STATES
from .dunning_delivery import GONE_STATES, LOST_STATES
from .dunning_level import CHANNEL_BITS

_logger = logging.getLogger(__name__)


class DunningNotice(models.Model):
    """Channels: by which ones a notice goes out, and what happens when one fails.

    `use_<channel>` tells which ones are chosen. One that fails for good is no longer chosen, and
    the next of the level by which the recipient can be reached takes its place.
    """

    _inherit = "dunning.notice"

    # === FIELDS ===#
    delivery_ids = fields.One2many("dunning.delivery", "notice_id", "Deliveries", readonly=True)

    # === ACTIONS ===#
    def action_letter_returned(self):
        """The post brought the letter of this notice back."""
        self.ensure_one()
        letters = self._get_main_deliveries().filtered(
            lambda delivery: delivery.channel == "letter" and delivery.state in GONE_STATES
        )
        if not letters:
            raise UserError(self.env._("%s was not sent as a letter.", self.display_name))
        letters.action_letter_returned()

    # === BUSINESS: CHOICE ===#
    def _get_chosen_channels(self):
        self.ensure_one()
        return [channel for channel in CHANNEL_BITS if self[f"use_{channel}"]]

    def _set_channel(self, channel, chosen):
        self.sudo()[f"use_{channel}"] = chosen

    def _get_level_channels(self):
        """The channels of the level in the order in which they are tried."""
        self.ensure_one()
        level = self.level_id
        channels = [channel for channel in CHANNEL_BITS if level[f"use_{channel}"]]
        return sorted(channels, key=lambda channel: channel != level.preferred_channel)

    def _get_main_deliveries(self):
        """What was sent to the debtor himself, without copies and prepared chats."""
        return self.delivery_ids.filtered(
            lambda delivery: not delivery.is_copy and delivery.channel != "chat"
        )

    def _is_delivered(self, channel):
        """Whether this channel needs no more work: it was used, or someone is to use it."""
        return any(
            delivery.channel == channel and delivery.state in ("todo", *GONE_STATES)
            for delivery in self._get_main_deliveries()
        )

    def _is_used_up(self, channel):
        """Whether the address that this channel would use was tried in vain for this notice."""
        address = self._get_recipient(channel)._get_dunning_address(channel)
        return any(
            delivery.channel == channel
            and delivery.state in LOST_STATES
            and delivery.address == address
            for delivery in self._get_main_deliveries()
        )

    def _get_usable_channels(self):
        """The channels of the level by which the recipient can be reached, in their order."""
        return [
            channel
            for channel in self._get_level_channels()
            if not self._get_recipient(channel)._get_dunning_obstacle(channel)
        ]

    def _choose_next_channel(self):
        """Choose the next channel that was not tried yet. Return it, or False."""
        for channel in self._get_usable_channels():
            if not self._is_delivered(channel) and not self._is_used_up(channel):
                self._set_channel(channel, True)
                return channel
        return False

    def _drop_unreachable_channels(self):
        """Replace channels that were chosen but do not reach the recipients (any more).

        :return: the notices that can go out
        """
        reach = (self.contact_id | self.partner_id)._get_dunning_reach()
        # What reaches the contact is sent to him; whether a number is valid is asked one by one.
        return self.filtered(
            lambda notice: (
                {*notice._get_chosen_channels()} <= reach[notice.contact_id] - {"sms"}
                or notice._replace_unreachable_channels()
            )
        )

    def _replace_unreachable_channels(self):
        """Look at each chosen channel of one notice.

        :return: whether it can go out
        """
        self.ensure_one()
        chosen = self._get_chosen_channels()
        for channel in chosen:
            recipient = self._get_recipient(channel)
            obstacle = recipient._get_dunning_obstacle(channel)
            if obstacle and not self._is_delivered(channel):
                self._open_delivery(channel, recipient)._transition("failed", obstacle)
                self._set_channel(channel, False)
                if channel == "sms":
                    recipient._ask_to_mend(self.company_id, channel, recipient.phone, obstacle)
        if self._get_chosen_channels() or not chosen or self._choose_next_channel():
            return True
        self._fail_for_good(self._get_main_deliveries().sorted("id")[-1:].reason)
        return False

    def _choose_channels_again(self):
        """Choose channels for another attempt that a person asks for.

        :raise UserError: when there is still none that reaches the recipient
        """
        self.ensure_one()
        channels = self._get_level_channels()
        if not channels:
            return
        usable = self._get_usable_channels()
        wanted = [channel for channel in self._get_chosen_channels() if channel in usable]
        if not wanted:
            missing = [channel for channel in usable if not self._is_delivered(channel)]
            wanted = missing if self.level_id.channel_mode == "all" else missing[:1]
        if not wanted:
            raise UserError(
                self.env._(
                    "%(notice)s: %(contact)s cannot be reached by any channel of this level. "
                    "Please mend the address first.",
                    notice=self.name,
                    contact=self.contact_id.display_name,
                )
            )
        self.sudo().write({f"use_{channel}": channel in wanted for channel in CHANNEL_BITS})

    # === BUSINESS: DELIVERIES ===#
    def _prepare_delivery_values(self, channel, recipient, is_copy=False):
        self.ensure_one()
        return {
            "notice_id": self.id,
            "company_id": self.company_id.id,
            "channel": channel,
            "partner_id": recipient.id,
            "address": recipient._get_dunning_address(channel),
            "is_copy": is_copy,
        }

    def _open_delivery(self, channel, recipient=None, is_copy=False):
        """Return the delivery to work on: the one that was tried before, or a new one."""
        self.ensure_one()
        recipient = recipient or self._get_recipient(channel)
        return self._open_deliveries([(self, channel, recipient, is_copy)])

    @api.model
    def _open_deliveries(self, wanted):
        """Return the deliveries to work on, as :meth:`_open_delivery` does.

        :param list[tuple] wanted: notice, channel, recipient, whether it is a copy
        :return: the deliveries in the same order
        """
        deliveries = []
        missing = {}
        for number, (notice, channel, recipient, is_copy) in enumerate(wanted):
            values = notice._prepare_delivery_values(channel, recipient, is_copy)
            existing = notice._find_open_delivery(values)
            deliveries.append(existing)
            if not existing:
                missing[number] = values
        created = self.env["dunning.delivery"].sudo().create(list(missing.values()))
        for number, delivery in zip(missing, created, strict=True):
            deliveries[number] = delivery
        return self.env["dunning.delivery"].sudo().concat(*deliveries)

    def _find_open_delivery(self, values):
        """The delivery that was tried before with these values."""
        self.ensure_one()
        return self.delivery_ids.filtered(
            lambda delivery: (
                delivery.channel == values["channel"]
                and delivery.partner_id.id == values["partner_id"]
                and delivery.is_copy == values["is_copy"]
                and delivery.address == values["address"]
                and delivery.state in ("todo", "queued", "failed")
            )
        )[:1]

    def _complete(self, day):
        """Send by all channels but e-mail, which has left by now if it was chosen, and remember.

        Everything here is undone together when the transaction fails: Odoo's queues send text
        messages and letters later.
        """
        self.ensure_one()
        for channel in self._get_chosen_channels():
            if channel != "email" and not self._is_delivered(channel):
                self._send_by(channel)
        main = self._get_main_deliveries()
        if not main or main.filtered(lambda delivery: delivery.state in GONE_STATES):
            self._mark_sent(day)
        elif main.filtered(lambda delivery: delivery.state == "todo"):
            self._transition("todo", failure_reason=False)
        else:
            self._fall_back(main.sorted("id")[-1:].reason)
        if self.state in ("sent", "todo"):
            self._send_copies()

    def _send_by(self, channel):
        """Send by one channel. An error makes its delivery fail, and nothing else."""
        self.ensure_one()
        delivery = self._open_delivery(channel)
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_send_by_{channel}")(delivery)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("%s failed by %s: %s", self.name, channel, error, exc_info=True)
            delivery.invalidate_recordset()
            delivery._transition("failed", str(error) or type(error).__name__)
            self._set_channel(channel, False)

    def _send_by_letter(self, delivery):
        delivery.letter_id = self.letter_id
        self._post_letter(delivery)

    def _send_by_call(self, delivery):
        delivery._transition("todo")
        self._schedule_contact("call")

    def _send_by_visit(self, delivery):
        delivery._transition("todo")
        self._schedule_contact("visit")

    # === BUSINESS: FALL-BACK ===#
    def _give_up_channel(self, channel, reason, is_address_wrong):
        """A channel failed for good before anything went out by it: go on with the others.

        :param bool is_address_wrong: the address is to blame, so that it is not used any more
        """
        self.ensure_one()
        delivery = self._open_delivery(channel)
        delivery._transition("failed", reason)
        if is_address_wrong:
            delivery._mark_address(reason)
        self._set_channel(channel, False)

    def _fall_back(self, reason):
        """Go out by the next channel, or fail when there is none."""
        self.ensure_one()
        channel = self._choose_next_channel()
        if not channel:
            self._fail_for_good(reason)
            return
        self._transition("ready", attempts=0, **self._prepare_forget_values())
        self._log_fall_back(channel, reason)
        self._trigger_delivery()

    def _fail_for_good(self, reason):
        """Leave it to a person: no channel is left. The items stay pending."""
        self._transition(
            "failed", failure_reason=reason, retry_date=False, **self._prepare_forget_values()
        )

    def _prepare_forget_values(self):
        """Values that take back the memory of a notice that was sent in vain."""
        return {
            "sent_date": False,
            "mail_message_id": False,
            "interrupted": False,
            "line_values": {"sent_date": False, "term_date": False},
        }

    def _log_fall_back(self, channel, reason):
        labels = dict(
            self.env["dunning.delivery"]._fields["channel"]._description_selection(self.env)
        )
        self._message_log(
            body=self.env._(
                "%(reason)s Next: %(channel)s.", reason=reason or "", channel=labels[channel]
            )
        )

    def _take_back(self, channel, reason):
        """What went out by this channel did not arrive.

        Unless it reached the debtor by another one, the notice was not sent: it goes out by the
        next channel. When its items went on meanwhile, nothing is changed.
        """
        self.ensure_one()
        notice = self.sudo()
        arrived = notice._get_main_deliveries().filtered(
            lambda delivery: delivery.state in GONE_STATES
        )
        was_out = notice.state == "sent" or (notice.state == "sending" and notice.interrupted)
        if not was_out or notice._has_gone_on():
            return
        notice._set_channel(channel, False)
        if arrived:
            return
        if notice._get_main_deliveries().filtered(lambda delivery: delivery.state == "todo"):
            notice._transition("todo", **notice._prepare_forget_values())
        else:
            notice._fall_back(reason)

    def _has_gone_on(self):
        """Whether an item of this notice is in a later reminder already."""
        self.ensure_one()
        lines = self._get_valid_lines()
        severity = {line.move_line_id.id: line.severity for line in lines}
        others = self.env["dunning.notice.line"].search(
            [
                ("move_line_id", "in", lines.move_line_id.ids),
                ("notice_id", "!=", self.id),
                ("state", "in", (*PENDING_STATES, "sent", "imported")),
            ]
        )
        return any(
            other.state in PENDING_STATES or other.severity >= severity[other.move_line_id.id]
            for other in others
        )

    # === BUSINESS: CALLS AND VISITS ===#
    def _contact_done(self, channel, day):
        """Someone spoke to the debtor on ``day``: that was the reminder."""
        for notice in self.sudo():
            notice._get_awaited(channel)._transition("sent")
            if notice.state == "todo":
                notice._mark_sent(day)

    def _contact_failed(self, channel, reason):
        """The debtor could not be spoken to: go on with the next channel."""
        for notice in self.sudo():
            notice._get_awaited(channel)._transition("failed", reason)
            notice._set_channel(channel, False)
            waiting = notice._get_main_deliveries().filtered(
                lambda delivery: delivery.state == "todo"
            )
            if notice.state == "todo" and not waiting:
                notice._fall_back(reason)

    def _get_awaited(self, channel):
        return self._get_main_deliveries().filtered(
            lambda delivery: delivery.channel == channel and delivery.state in ("todo", "queued")
        )

    def _transition(self, state, line_values=None, **values):
        # EXTENDS: what still waits to be sent goes with its notice
        res = super()._transition(state, line_values=line_values, **values)
        if state in ("obsolete", "cancelled", "corrected"):
            waiting = self.sudo().delivery_ids.filtered(
                lambda delivery: delivery.state in ("todo", "queued")
            )
            waiting._transition("cancelled", values.get("failure_reason"))
            waiting._withdraw_from_queue()
        return res
