from urllib.parse import urlencode

from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.dunning_notice_payment import VISIBLE_STATES
from .payable import PayablePortal


class DunningPortal(PayablePortal):
    """What debtors see and pay online: the page behind the link in a reminder.

    The link opens for whoever holds it, as the letter it came in does. Everything on the page is
    live, and amount and currency of a payment are taken from the notice, never from the browser.
    """

    # === HOME ===#
    def _prepare_home_portal_values(self, counters):
        # EXTENDS 'portal'
        values = super()._prepare_home_portal_values(counters)
        if "reminder_count" in counters:
            notices = request.env["dunning.notice"]
            values["reminder_count"] = (
                notices.search_count(self._get_reminders_domain())
                if notices.has_access("read")
                else 0
            )
        return values

    def _get_reminders_domain(self):
        partner = request.env.user.partner_id.commercial_partner_id
        return [("partner_id", "=", partner.id), ("state", "in", VISIBLE_STATES)]

    @route(
        ["/my/reminders", "/my/reminders/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_reminders(self, page=1, **kwargs):
        """The reminders of the customer who is logged in, newest first."""
        notices = request.env["dunning.notice"]
        if not notices.has_access("read"):
            return request.redirect("/my")
        domain = self._get_reminders_domain()
        pager = portal_pager(
            "/my/reminders",
            total=notices.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = notices.search(domain, limit=self._items_per_page, offset=pager["offset"])
        request.session["my_reminders_history"] = found.ids[:100]
        return request.render(
            "account_credit_management.portal_my_reminders",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "reminder",
                "notices": found.sudo(),
                "pager": pager,
            },
        )

    # === ONE REMINDER ===#
    @route(
        "/my/reminders/<int:notice_id>", type="http", auth="public", website=True, methods=["GET"]
    )
    def portal_my_reminder(self, notice_id, access_token=None, **kwargs):
        """What a reminder is about, what is left to pay, and how."""
        try:
            notice = self._open_reminder(notice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return request.render(
            "account_credit_management.portal_my_reminder",
            self._get_reminder_page_values(notice, access_token, **kwargs),
        )

    @route(
        "/my/m/<int:notice_id>/<string:access_token>", type="http", auth="public", methods=["GET"]
    )
    def portal_short_link(self, notice_id, access_token):
        """The short link of text messages, which does not tell what it leads to."""
        query = urlencode({"access_token": access_token})
        return request.redirect(f"/my/reminders/{notice_id}?{query}")

    def _get_reminder(self, notice_id, access_token):
        """Return a notice that has been sent, with superuser rights.

        :raise AccessError: without a valid token and without rights on the notice
        :raise MissingError: when there is no such notice, or it never left the house
        """
        notice = self._document_check_access("dunning.notice", notice_id, access_token)
        if notice.state not in VISIBLE_STATES:
            raise MissingError(request.env._("This document does not exist."))
        return notice.with_company(notice.company_id)

    def _open_reminder(self, notice_id, access_token):
        """Return a notice in the language of its page: whoever comes from the letter reads on in
        that of the letter.

        :raise AccessError, MissingError: as :meth:`_get_reminder`
        """
        notice = self._get_reminder(notice_id, access_token)
        if request.env.user._is_public():
            request.update_context(lang=notice._get_text_language())
        return notice.with_context(lang=request.env.lang)

    def _get_reminder_page_values(self, notice, access_token, **kwargs):
        values = {
            "page_name": "reminder",
            "notice": notice,
            "rows": notice._get_portal_rows(),
            "res_company": notice.company_id,
            "last_transaction": self._get_recent_transaction(notice),
            "show_payment_form": False,
            **notice._get_promise_page_values(),
            **notice._get_arrangement_page_values(),
        }
        due = notice.amount_due_now
        if not notice.currency_id.is_zero(due):
            values["bank_qr_code"] = notice._get_bank_qr_code()
            if notice._is_online_payment_enabled():
                values |= self._get_document_payment_values(notice, due, **kwargs)
        return self._get_page_view_values(
            notice, access_token, values, "my_reminders_history", False, **kwargs
        )

    # === PROMISE ===#
    @route(
        "/my/reminders/<int:notice_id>/promise",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_reminder_promise(self, notice_id, access_token=None, **kwargs):
        """Note when the debtor will pay, and tell him that reminders wait, or what is wrong."""
        try:
            notice = self._open_reminder(notice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        entered = {name: kwargs.get(name) for name in ("date", "amount", "name")}
        try:
            with request.env.cr.savepoint():
                notice._promise_online(**entered)
        except UserError as error:
            values = self._get_reminder_page_values(notice, access_token)
            values |= {
                "promise_error": str(error),
                "promise_values": values["promise_values"] | entered,
            }
            return request.render("account_credit_management.portal_my_reminder", values)
        return request.redirect(f"{notice.get_portal_url()}#promise")

    # === INSTALLMENTS ===#
    @route(
        "/my/reminders/<int:notice_id>/installments",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_reminder_installments(self, notice_id, access_token=None, **kwargs):
        """Ask to pay what this reminder is about in installments; what the rules allow can be
        signed at once."""
        try:
            notice = self._open_reminder(notice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                arrangement = notice._request_arrangement(kwargs)
        except UserError as error:
            values = self._get_reminder_page_values(notice, access_token)
            values |= {"ask_error": str(error), "entered": kwargs}
            return request.render("account_credit_management.portal_my_reminder", values)
        if arrangement.state == "offered":
            return request.redirect(arrangement.get_portal_url())
        return request.redirect(f"{notice.get_portal_url()}#installments")

    # === PAYMENT ===#
    @route("/my/reminders/<int:notice_id>/transaction", type="jsonrpc", auth="public")
    def portal_reminder_transaction(self, notice_id, access_token=None, **kwargs):
        """Create a transaction of what is due now and return its processing values.

        :raise ValidationError: for an invalid link
        :raise UserError: when there is nothing to pay, told in words for the debtor
        """
        try:
            notice = self._get_reminder(notice_id, access_token)
        except (AccessError, MissingError) as error:
            raise ValidationError(request.env._("This link is not valid.")) from error
        self._validate_transaction_kwargs(kwargs)
        return self._begin_document_payment(notice, kwargs)
