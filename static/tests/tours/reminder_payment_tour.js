import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("reminder_payment", {
    steps: () => [
        {
            content: "The reminder shows what is left to pay",
            trigger: ".o_dunning_reminder td[name='amount_due']:contains(350.00)",
        },
        {
            content: "Choose the only way to pay",
            trigger: "input[name='o_payment_radio']",
            run: "click",
        },
        {
            content: "Enter a card",
            trigger: "#customer_input",
            run: "edit 4242424242424242",
        },
        {
            content: "Pay",
            trigger: "button[name='o_payment_submit_button']:not([disabled])",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back on the reminder, nothing is left to do",
            trigger: ".o_dunning_reminder .alert-success:contains(Everything has been paid)",
        },
    ],
});
