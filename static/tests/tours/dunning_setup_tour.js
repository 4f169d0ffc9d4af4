import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("dunning_setup", {
    steps: () => [
        {
            content: "The levels of the country's own businesses and consumers are shown",
            trigger: "div[name='levels_preview']:contains(Netherlands, consumers)",
        },
        {
            content: "Businesses only",
            trigger: "div[name='profile_nl_consumer'] input",
            run: "uncheck",
        },
        {
            content: "The table follows at once",
            trigger: "div[name='levels_preview']:not(:contains(Netherlands, consumers))",
        },
        {
            trigger: "button[name='action_next']",
            run: "click",
        },
        {
            content: "The first reminder reads formally",
            trigger: "h2:contains(How do you address them?)",
        },
        {
            trigger: "div[name='tone'] input[data-value='informal']",
            run: "click",
        },
        {
            content: "Now it reads informally",
            trigger: ":iframe body:contains(It may have slipped your mind)",
        },
        {
            trigger: "button[name='action_next']",
            run: "click",
        },
        {
            content: "One overdue invoice is counted",
            trigger: "div[name='begin_preview']:contains(Overdue items: 1. Debtors: 1.)",
        },
        {
            trigger: "button[name='action_back']",
            run: "click",
        },
        {
            content: "Back keeps the answers",
            trigger: "div[name='tone'] input[data-value='informal']:checked",
        },
        {
            trigger: "button[name='action_next']",
            run: "click",
        },
        {
            trigger: "div[name='begin'] input[data-value='age']",
            run: "click",
        },
        {
            trigger: "button[name='action_next']",
            run: "click",
        },
        {
            content: "Test mode is on, as there are overdue invoices",
            trigger: "div[name='summary']:contains(Test mode is on)",
        },
        {
            trigger: "button[name='action_finish']",
            run: "click",
        },
        {
            content: "What the first run would send is shown",
            trigger: ".o_list_view .o_group_header",
        },
    ],
});
