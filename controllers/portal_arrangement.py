import binascii

from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import content_disposition, request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .payable import PayablePortal

# A drawn signature is smaller than this, in characters of base64.
LARGEST_SIGNATURE = 2_000_000


class ArrangementPortal(PayablePortal):
    """What debtors see of their arrangements, sign, pay and ask for.

    Portal users have no rights on the model, which holds more than is for them: they reach their
    own arrangements here, and whoever holds the link reaches the one it leads to.
    """

    # === HOME ===#
    def _prepare_home_portal_values(self, counters):
        # EXTENDS 'portal'
        values = super()._prepare_home_portal_values(counters)
        if "arrangement_count" in counters:
            arrangements = request.env["installment.arrangement"].sudo()
            partner = request.env.user.partner_id
            # Who can ask for one finds the way, too.
            values["arrangement_count"] = arrangements.search_count(
                arrangements._get_debtor_domain(partner)
            ) or len(arrangements._get_askable_amounts(partner))
        return values

    @route(
        ["/my/arrangements", "/my/arrangements/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_my_arrangements(self, page=1, **kwargs):
        """The arrangements of the customer who is logged in, newest first."""
        return request.render(
            "account_credit_management.portal_my_arrangements",
            self._get_arrangements_page_values(page, asked=bool(kwargs.get("asked"))),
        )

    def _get_arrangements_page_values(self, page=1, **values):
        arrangements = request.env["installment.arrangement"].sudo()
        partner = request.env.user.partner_id
        domain = arrangements._get_debtor_domain(partner)
        pager = portal_pager(
            "/my/arrangements",
            total=arrangements.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = arrangements.search(domain, limit=self._items_per_page, offset=pager["offset"])
        request.session["my_arrangements_history"] = found.ids[:100]
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "arrangement",
            "arrangements": found,
            "pager": pager,
            "askable": [
                {
                    "company": company,
                    "currency": currency,
                    "amounts": amounts,
                    "total": currency.round(sum(amounts.values())),
                    "values": arrangements._get_request_values(company),
                }
                for (company, currency), amounts in arrangements._get_askable_amounts(
                    partner
                ).items()
            ],
            "asked": False,
            "ask_error": False,
            "entered": {},
            **values,
        }

    # === ONE ARRANGEMENT ===#
    @route(
        "/my/arrangements/<int:arrangement_id>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_my_arrangement(
        self, arrangement_id, access_token=None, report_type=None, message=None, **kwargs
    ):
        """The plan, what is left of it, and what there is to do."""
        try:
            arrangement = self._get_arrangement(arrangement_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type == "pdf":
            return self._send_agreement(arrangement)
        return request.render(
            "account_credit_management.portal_my_arrangement",
            self._get_arrangement_page_values(arrangement, access_token, message=message),
        )

    def _get_arrangement(self, arrangement_id, access_token=None):
        """Return an arrangement that its debtor may see, with superuser rights.

        :raise AccessError: for another customer, or without a valid token
        :raise MissingError: when there is none, or it was never offered
        """
        arrangement = request.env["installment.arrangement"].sudo().browse(arrangement_id).exists()
        partner = request.env.user.partner_id.commercial_partner_id
        is_own = not request.env.user._is_public() and arrangement.partner_id == partner
        if not is_own:
            arrangement = self._document_check_access(
                "installment.arrangement", arrangement_id, access_token
            )
        if not arrangement or not arrangement._is_visible():
            raise MissingError(request.env._("This document does not exist."))
        if request.env.user._is_public():
            # Whoever comes from the letter reads on in its language.
            request.update_context(lang=arrangement._get_text_language())
        return arrangement.with_company(arrangement.company_id).with_context(lang=request.env.lang)

    def _get_arrangement_page_values(self, arrangement, access_token, **values):
        status = arrangement._get_portal_status()
        due = arrangement._get_payable_amount()
        values = {
            "page_name": "arrangement",
            "arrangement": arrangement,
            "portal_status": status,
            "due": due,
            "res_company": arrangement.company_id,
            "last_transaction": self._get_recent_transaction(arrangement),
            "show_payment_form": False,
            "decline_error": False,
            "message": False,
            **values,
        }
        if status == "due":
            values["bank_qr_code"] = arrangement._get_bank_qr_code()
            if arrangement._is_online_payment_enabled():
                values |= self._get_document_payment_values(arrangement, due)
        return self._get_page_view_values(
            arrangement, access_token, values, "my_arrangements_history", False
        )

    def _send_agreement(self, arrangement):
        content = arrangement._get_agreement_content()
        document = arrangement.agreement_id
        name = document.name or f"{arrangement._get_agreement_name()}.pdf"
        return request.make_response(
            content,
            [
                ("Content-Type", document.mimetype or "application/pdf"),
                ("Content-Length", len(content)),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    # === ANSWERING AN OFFER ===#
    @route(
        "/my/arrangements/<int:arrangement_id>/accept",
        type="jsonrpc",
        auth="public",
        website=True,
    )
    def portal_arrangement_accept(
        self, arrangement_id, access_token=None, name=None, signature=None
    ):
        """Sign an offer, as the signature dialog asks; pressing twice signs once."""
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            arrangement = self._get_arrangement(arrangement_id, access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("This link is not valid.")}
        if len(signature or "") > LARGEST_SIGNATURE:
            return {"error": request.env._("The signature is not valid.")}
        try:
            with request.env.cr.savepoint():
                arrangement._sign_online(name, signature, request.httprequest.remote_addr)
        except UserError as error:
            return {"error": str(error)}
        except (TypeError, ValueError, binascii.Error):
            return {"error": request.env._("The signature is not valid.")}
        return {
            "force_refresh": True,
            "redirect_url": arrangement.get_portal_url(query_string="&message=signed"),
        }

    @route(
        "/my/arrangements/<int:arrangement_id>/decline",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_arrangement_decline(self, arrangement_id, access_token=None, reason=None, **kwargs):
        """Decline an offer, and say why."""
        try:
            arrangement = self._get_arrangement(arrangement_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                arrangement._decline_online(reason)
        except UserError as error:
            return request.render(
                "account_credit_management.portal_my_arrangement",
                self._get_arrangement_page_values(
                    arrangement, access_token, decline_error=str(error)
                ),
            )
        return request.redirect(arrangement.get_portal_url(query_string="&message=declined"))

    # === PAYMENT ===#
    @route("/my/arrangements/<int:arrangement_id>/transaction", type="jsonrpc", auth="public")
    def portal_arrangement_transaction(self, arrangement_id, access_token=None, **kwargs):
        """Create a transaction of what is due now and return its processing values.

        :raise ValidationError: for an invalid link
        :raise UserError: when there is nothing to pay, told in words for the debtor
        """
        try:
            arrangement = self._get_arrangement(arrangement_id, access_token)
        except (AccessError, MissingError) as error:
            raise ValidationError(request.env._("This link is not valid.")) from error
        self._validate_transaction_kwargs(kwargs)
        return self._begin_document_payment(arrangement, kwargs)

    # === ASKING FOR ONE ===#
    @route("/my/arrangements/request", type="http", auth="user", website=True, methods=["POST"])
    def portal_arrangement_request(self, company_id=None, currency_id=None, **kwargs):
        """Ask to pay in installments what is overdue at one company, in one currency."""
        arrangements = request.env["installment.arrangement"]
        partner = request.env.user.partner_id
        key = (str(company_id), str(currency_id))
        amounts = next(
            (
                found
                for (company, currency), found in arrangements._get_askable_amounts(partner).items()
                if (str(company.id), str(currency.id)) == key
            ),
            {},
        )
        try:
            with request.env.cr.savepoint():
                arrangement = arrangements._request_online(partner, amounts, kwargs, partner)
        except UserError as error:
            return request.render(
                "account_credit_management.portal_my_arrangements",
                self._get_arrangements_page_values(ask_error=str(error), entered=kwargs),
            )
        if arrangement.state == "offered":
            return request.redirect(arrangement.get_portal_url())
        return request.redirect("/my/arrangements?asked=1")
