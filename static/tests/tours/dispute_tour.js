import { registry } from "@web/core/registry";

const DIALOG = ".modal";
const ROW = `${DIALOG} div[name='line_ids'] .o_data_row`;

registry.category("web_tour.tours").add("dispute_salesperson", {
    steps: () => [
        {
            content: "On the file of the customer, everything stands on one timeline",
            trigger: ".o_notebook a[name='credit_timeline']",
            run: "click",
        },
        {
            trigger: "div[name='credit_timeline']:contains(INV/)",
        },
        {
            content: "The customer calls: something is not right",
            trigger: ".tab-pane.active button[name='action_dispute']",
            run: "click",
        },
        {
            content: "Nothing is opened without a reason",
            trigger: `${DIALOG} button[name='action_open']`,
            run: "click",
        },
        {
            trigger: `${DIALOG} div[name='reason_id'].o_field_invalid`,
        },
        {
            trigger: `${DIALOG} div[name='reason_id'] input`,
            run: "edit Quality",
        },
        {
            trigger: ".o-autocomplete--dropdown-item a:contains(Quality)",
            run: "click",
        },
        {
            content: "It is about a part",
            trigger: `${DIALOG} div[name='what'] input[data-value='amount']`,
            run: "click",
        },
        {
            trigger: `${ROW} td[name='amount']`,
            run: "click",
        },
        {
            trigger: `${ROW} div[name='amount'] input`,
            run: "edit 30 && press Tab",
        },
        {
            content: "Typing an amount chooses the invoice",
            trigger: `${DIALOG} div[name='amount']:contains(30.00)`,
        },
        {
            trigger: `${DIALOG} div[name='description'] .odoo-editor-editable`,
            run: "editor Three boxes were broken",
        },
        {
            trigger: `${DIALOG} button[name='action_open']`,
            run: "click",
        },
        {
            content: "It waits, the rest does not",
            trigger: ".o_form_view div[name='amount_disputed']:contains(30.00)",
        },
        {
            trigger: ".o_form_view div[name='amount_undisputed']:contains(70.00)",
        },
        {
            content: "The trail of the invoice is at hand",
            trigger: "div[name='trail']:contains(INV/)",
        },
        {
            content: "Look into it",
            trigger: "button[name='action_investigate']",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Being Looked Into)",
        },
        {
            content: "The customer sends a photo first",
            trigger: "button[name='action_wait_for_customer']",
            run: "click",
        },
        {
            trigger: "button[name='action_wait_for_us']",
        },
        {
            content: "Settling with a credit note is for those who may make one",
            trigger: "button[name='action_resolve'].btn-primary",
            run: "click",
        },
        {
            trigger: `${DIALOG} div[name='outcome'] input[data-value='accepted']`,
            run: "click",
        },
        {
            trigger: `${DIALOG} .alert-warning:contains(people with rights on invoices)`,
        },
        {
            trigger: `${DIALOG} button[special='cancel'], ${DIALOG} .o_form_button_cancel`,
            run: "click",
        },
        {
            content: "Back to the customer, where it is found again",
            trigger: "body:not(:has(.modal)) .breadcrumb-item:contains(Debtor One) a",
            run: "click",
        },
        {
            trigger: "button[name='action_open_disputes']:contains(1)",
        },
    ],
});

registry.category("web_tour.tours").add("dispute_salesperson_invoice", {
    steps: () => [
        {
            content: "The invoice says what happens next, and what can be done",
            trigger: ".o_notebook a[name='dunning']",
            run: "click",
        },
        {
            trigger: ".tab-pane.active button[name='action_dispute']",
            run: "click",
        },
        {
            content: "That it is disputed already is told before it is opened again",
            trigger: `${DIALOG} .alert-warning:contains(is disputed already in DIS/)`,
        },
        {
            trigger: `${ROW} td[name='selected'] input:checked`,
        },
        {
            trigger: `${DIALOG} .modal-footer button:contains(Discard)`,
            run: "click",
        },
        {
            content: "Its disputes are one click away",
            trigger: "body:not(:has(.modal)) button[name='action_open_disputes']",
            run: "click",
        },
        {
            trigger: ".o_form_view div[name='trail']",
        },
    ],
});

registry.category("web_tour.tours").add("dispute_accountant", {
    steps: () => [
        {
            content: "What is not settled stands in columns",
            trigger: ".o_kanban_group:contains(Open) .o_kanban_record:contains(Debtor One)",
            run: "click",
        },
        {
            trigger: "button[name='action_investigate']",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Being Looked Into)",
        },
        {
            content: "From quotation to payment, with links",
            trigger: "div[name='trail'] a:contains(Invoice INV/)",
        },
        {
            trigger: ".o_notebook a[name='lines']",
            run: "click",
        },
        {
            trigger: "div[name='line_ids'] .o_data_row:contains(Boxes)",
        },
        {
            content: "Half of it is right",
            trigger: "button[name='action_resolve'].btn-primary",
            run: "click",
        },
        {
            trigger: `${DIALOG} div[name='outcome'] input[data-value='partly']`,
            run: "click",
        },
        {
            content: "What is credited is asked",
            trigger: `${DIALOG} div[name='amount'] input`,
        },
        {
            trigger: `${DIALOG} div[name='credit'] input[data-value='lines']`,
            run: "click",
        },
        {
            content: "The disputed quantity is filled in",
            trigger: `${ROW}:contains(Boxes) td[name='quantity']:contains(2.00)`,
            run: "click",
        },
        {
            trigger: `${ROW} div[name='quantity'] input`,
            run: "edit 1 && press Tab",
        },
        {
            trigger: `${DIALOG} div[name='post'] input`,
            run: "click",
        },
        {
            trigger: `${DIALOG} div[name='reason'] textarea`,
            run: "edit One box was broken indeed",
        },
        {
            trigger: `${DIALOG} button[name='action_resolve']`,
            run: "click",
        },
        {
            content: "It is settled, and the answer stands there",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Resolved)",
        },
        {
            trigger: ".alert-info:contains(Partly accepted):contains(One box was broken indeed)",
        },
        {
            trigger: "div[name='amount_credited']:contains(25.00)",
        },
        {
            trigger: ".o_notebook a[name='trail']",
            run: "click",
        },
        {
            content: "The credit note is in the trail",
            trigger: "div[name='trail']:contains(Credit note RINV/)",
        },
        {
            content: "And one click away",
            trigger: "button[name='action_open_credits']",
            run: "click",
        },
        {
            trigger: ".o_form_view .o_arrow_button_current:contains(Posted)",
        },
    ],
});
