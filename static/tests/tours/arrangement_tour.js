import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("arrangement", {
    steps: () => [
        {
            content: "The debtor cannot pay at once",
            trigger: "button[name='action_propose_arrangement']",
            run: "click",
        },
        {
            content: "What is overdue is proposed in three months",
            trigger: ".modal div[name='line_ids'] .o_data_row:nth-child(3)",
        },
        {
            trigger: ".modal div[name='amount_total']:contains(300.00)",
        },
        {
            content: "Four are easier",
            trigger: ".modal div[name='count'] input",
            run: "edit 4 && press Tab",
        },
        {
            content: "The schedule follows at once",
            trigger: ".modal div[name='line_ids'] .o_data_row:nth-child(4):contains(75.00)",
        },
        {
            trigger: ".modal button[name='action_offer']",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Offered)",
        },
        {
            content: "The debtor agrees on the phone",
            trigger: "button[name='action_activate']",
            run: "click",
        },
        {
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains(Active)",
        },
        {
            content: "Back on the debtor",
            trigger: ".breadcrumb-item:contains(Debtor One) a",
            run: "click",
        },
        {
            trigger: "button[name='action_open_arrangements']:contains(1)",
        },
    ],
});
