import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("credit_tab", {
    steps: () => [
        {
            content: "The debtor is over the limit",
            trigger: ".o_data_row:contains(Debtor One) td[name='available'].text-danger",
        },
        {
            content: "Open the debtor",
            trigger: ".o_data_row:contains(Debtor One) td[name='partner_id']",
            run: "click",
        },
        {
            trigger: ".o_notebook a[name='credit']",
            run: "click",
        },
        {
            content: "The light is red, and a sentence tells why",
            trigger: "div[name='credit_light']:contains(Stop)",
        },
        {
            trigger: "div[name='credit_sentence']:contains(exceeded)",
        },
        {
            content: "The bar is full",
            trigger: ".o_credit_glance [role='progressbar'][aria-valuetext='140 %']",
        },
        {
            content: "Nothing of it can be changed",
            trigger: "div[name='credit_glance'].o_readonly_modifier",
        },
        {
            content: "Ask for more",
            trigger: "button[name='action_ask_credit_limit']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-secondary",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
