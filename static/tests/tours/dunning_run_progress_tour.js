import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

/** What somebody else does with the run that is open, without this form knowing. */
function call(method) {
    const runId = parseInt(window.location.pathname.split("/").pop());
    return rpc(`/web/dataset/call_kw/dunning.run/${method}`, {
        model: "dunning.run",
        method,
        args: [[runId]],
        kwargs: {},
    });
}

const shows = (phase, ...counts) =>
    `.o_dunning_run_progress[data-phase=${phase}]` +
    counts.map(([name, number]) => `:has([data-name=${name}]:contains(/: ${number}$/))`).join("");

registry.category("web_tour.tours").add("dunning_run_progress", {
    steps: () => [
        {
            content: "A proposal has nothing to show yet",
            trigger:
                ".o_form_view:has(button[name=action_release]):not(:has(.o_dunning_run_progress))",
        },
        {
            trigger: "button[name=action_release]",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Three wait",
            trigger: shows("sending", ["sent", 0], ["ready", 3]),
        },
        {
            content: "Nobody claims to know when it will be done",
            trigger: ".o_dunning_run_progress:contains(too early to tell)",
        },
        {
            trigger: "button[name=action_pause]",
            run: "click",
        },
        {
            trigger: shows("paused", ["sent", 0], ["ready", 3]),
        },
        {
            content: "A paused run cannot be sent",
            trigger: ".o_form_view:not(:has(button[name=action_send]))",
        },
        {
            trigger: "button[name=action_resume]",
            run: "click",
        },
        {
            content: "Somebody else sends it",
            trigger: shows("sending", ["ready", 3]),
            run: () => call("action_send"),
        },
        {
            content: "The form notices without being touched",
            trigger: shows("done", ["sent", 3]),
        },
        {
            content: "So do its bar, its buttons and its state",
            trigger:
                ".o_form_view:has(.progress[aria-valuenow='100']):not(:has(button[name=action_pause]))",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Done)",
        },
    ],
});
