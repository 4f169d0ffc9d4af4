import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("arrangement_sign", {
    steps: () => [
        {
            content: "The offer tells what is to be paid when",
            trigger: ".o_installment_arrangement:contains(We offer you to pay in installments)",
        },
        {
            trigger: "button[data-bs-target='#arrangement_sign']",
            run: "click",
        },
        {
            content: "Nothing is signed yet",
            trigger: "#arrangement_sign .o_portal_sign_submit:enabled",
            run: "click",
        },
        {
            trigger: "#arrangement_sign .o_portal_sign_error_msg:contains(your name)",
        },
        {
            content: "The place for the signature comes with the first letter",
            trigger: "#arrangement_sign .o_web_sign_name_and_signature input",
            run: "fill B",
        },
        {
            trigger: "#arrangement_sign canvas.o_web_sign_signature",
        },
        {
            trigger: "#arrangement_sign .o_web_sign_name_and_signature input",
            run: "fill ea Buyer",
        },
        {
            trigger: "#arrangement_sign .o_web_sign_name_and_signature input:value(Bea Buyer)",
        },
        {
            trigger: "#arrangement_sign canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        {
            content: "Agree",
            trigger: "#arrangement_sign .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It holds, and can be paid",
            trigger: ".o_installment_arrangement .alert-success:contains(You have signed)",
        },
        {
            trigger:
                ".o_installment_arrangement:not(:has(#arrangement_sign)) div[name='amount_due']",
        },
    ],
});

registry.category("web_tour.tours").add("arrangement_payment", {
    steps: () => [
        {
            content: "One installment is asked for, not everything",
            trigger: ".o_installment_arrangement div[name='amount_due']:contains(200.00)",
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
            content: "Whoever changes the amount in the browser changes nothing",
            trigger: "#o_payment_form",
            run: ({ anchor }) => {
                anchor.dataset.amount = "1.0";
            },
        },
        {
            content: "Pay",
            trigger: "button[name='o_payment_submit_button']:not([disabled])",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back on the arrangement, the first is paid",
            trigger: ".o_installment_arrangement tbody tr:first-child .badge:contains(Paid)",
        },
        {
            content: "The next one is asked for",
            trigger: ".o_installment_arrangement div[name='amount_due']:contains(150.00)",
        },
    ],
});
