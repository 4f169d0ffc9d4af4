import { registry } from "@web/core/registry";

const ORDER = ".o_form_view:has(button[name='action_confirm'])";

registry.category("web_tour.tours").add("credit_release_ask", {
    steps: () => [
        {
            content: "The quotation says that it waits, and why, before anything is tried",
            trigger: ".alert-warning:contains(is exceeded by):contains(waits for a release)",
        },
        {
            content: "Confirm it all the same",
            trigger: "button[name='action_confirm']:not(.d-none)",
            run: "click",
        },
        {
            content: "The same sentence, and the way to go on",
            trigger:
                ".modal:contains(needs a release before it is confirmed):contains(is exceeded by)",
        },
        {
            trigger: ".modal .btn-primary:contains(Ask for Release)",
            run: "click",
        },
        {
            content: "What is asked for is shown and cannot be changed",
            trigger: ".modal div[name='amount'].o_readonly_modifier:contains(500)",
        },
        {
            content: "Without a reason nothing is asked",
            trigger: ".modal button[name='action_ask']",
            run: "click",
        },
        {
            trigger: ".modal div[name='reason'].o_field_invalid",
        },
        {
            content: "A salesperson cannot release",
            trigger: ".modal-footer:not(:has(button[name='action_release']))",
        },
        {
            trigger: ".modal div[name='reason'] textarea",
            run: "edit He pays on Friday",
        },
        {
            trigger: ".modal button[name='action_ask']",
            run: "click",
        },
        {
            trigger: ".o_notification:contains(The credit manager has your request)",
        },
        {
            content: "The order says that it was asked for",
            trigger: ".alert-warning:contains(A release was asked for)",
        },
        {
            content: "The request is at hand on the order",
            trigger: "body:not(:has(.modal)) button[name='action_open_credit_releases']",
        },
    ],
});

registry.category("web_tour.tours").add("credit_release_decide", {
    steps: () => [
        {
            content: "The queue tells what waits, why, and what the salesperson says",
            trigger:
                ".o_data_row:contains(Debtor One):contains(is exceeded by)" +
                ":contains(He pays on Friday)",
        },
        {
            trigger: ".o_data_row:contains(Debtor One) td[name='causes']",
            run: "click",
        },
        {
            content: "The figures of the debtor, then and now, are at hand",
            trigger: ".o_form_view div[name='limit']:contains(100)",
        },
        {
            trigger: ".o_form_view div[name='partner_available']:contains(100)",
        },
        {
            content: "So is the file of the debtor",
            trigger: ".o_form_view div[name='partner_id'] a:contains(Debtor One)",
            run: "click",
        },
        {
            trigger: ".o_notebook a[name='credit']",
            run: "click",
        },
        {
            trigger: "div[name='credit_light']",
        },
        {
            content: "Back to the request",
            trigger: ".o_breadcrumb a:contains(Release of), .o_back_button",
            run: "click",
        },
        {
            trigger: "button[name='action_decide']",
            run: "click",
        },
        {
            content: "Why the salesperson asks, and the figures, stand beside the decision",
            trigger: ".modal div[name='request_reason']:contains(He pays on Friday)",
        },
        {
            trigger: ".modal div[name='partner_available']:contains(100)",
        },
        {
            trigger: ".modal div[name='mode'] input[data-value='once']:checked",
        },
        {
            trigger: ".modal div[name='note'] textarea",
            run: "edit Agreed by phone",
        },
        {
            trigger: ".modal button[name='action_release']",
            run: "click",
        },
        {
            content: "It is decided, and by whom",
            trigger: ".o_form_view:has(div[name='decision_note']:contains(Agreed by phone))",
        },
        {
            trigger: ".o_form_view:not(:has(button[name='action_decide']))",
        },
    ],
});

registry.category("web_tour.tours").add("credit_release_decline", {
    steps: () => [
        {
            content: "Decide without leaving the queue",
            trigger: ".o_data_row:contains(Debtor One) button[name='action_decide']",
            run: "click",
        },
        {
            trigger: ".modal div[name='note'] textarea",
            run: "edit First the old invoices",
        },
        {
            trigger: ".modal button[name='action_decline']",
            run: "click",
        },
        {
            content: "Nothing waits any more",
            trigger: ".o_view_nocontent:contains(Nothing waits for a decision)",
        },
    ],
});

registry.category("web_tour.tours").add("credit_release_use", {
    steps: () => [
        {
            content: "The salesperson reads that it was released",
            trigger: ".alert-info:contains(Released.)",
        },
        {
            content: "And by whom and why, in the conversation",
            trigger: ".o-mail-Chatter:contains(Agreed by phone)",
        },
        {
            trigger: `${ORDER} button[name='action_confirm']:not(.d-none)`,
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Sales Order)",
        },
    ],
});

registry.category("web_tour.tours").add("credit_release_declined", {
    steps: () => [
        {
            content: "The order still waits",
            trigger: ".alert-warning:contains(waits for a release)",
        },
        {
            content: "The salesperson has something to do, and reads why",
            trigger: ".o-mail-Activity:contains(Release declined)",
        },
        {
            trigger: ".o-mail-Chatter:contains(First the old invoices)",
        },
        {
            content: "Confirming it is still no way around",
            trigger: "button[name='action_confirm']:not(.d-none)",
            run: "click",
        },
        {
            trigger: ".modal:contains(needs a release)",
        },
        {
            trigger: ".modal .btn-secondary, .modal .btn-close",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
