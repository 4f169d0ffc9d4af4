import { registry } from "@web/core/registry";

// One red pixel.
const PHOTO =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/** Choose a photo, as from the camera of a phone. */
function choosePhoto({ anchor }) {
    const bytes = Uint8Array.from(atob(PHOTO), (char) => char.charCodeAt(0));
    const chosen = new DataTransfer();
    chosen.items.add(new File([bytes], "broken.png", { type: "image/png" }));
    anchor.files = chosen.files;
    anchor.dispatchEvent(new Event("change", { bubbles: true }));
}

registry.category("web_tour.tours").add("dispute_debtor_open", {
    steps: () => [
        {
            content: "Something is not right with this invoice",
            trigger: "a:contains(Something is not right)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_dispute_open select[name='reason']",
            run: "selectByLabel Quality",
        },
        {
            content: "Only the lines that are chosen are asked about",
            trigger: ".o_dispute_lines:not(:has(.o_dispute_part input:visible))",
        },
        {
            trigger: ".o_dispute_lines input[value='lines']",
            run: "click",
        },
        {
            trigger: ".o_dispute_lines label:contains(Boxes) input[type='checkbox']",
            run: "click",
        },
        {
            trigger: ".o_dispute_lines div:has(> label:contains(Boxes)) > input[type='number']",
            run: "edit 2",
        },
        {
            trigger: "textarea[name='text']",
            run: "edit Two boxes came broken",
        },
        {
            trigger: "select[name='requested_outcome']",
            run: "selectByLabel A credit note",
        },
        {
            trigger: "input[name='files']",
            run: choosePhoto,
        },
        {
            trigger: ".o_dispute_open button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is noted, and nothing is asked of it meanwhile",
            trigger: ".o_dispute_dossier .alert-success:contains(Thank you for telling us)",
        },
        {
            trigger: ".o_dispute_dossier td:contains(2 ×):contains(Boxes)",
        },
        {
            trigger: "#correspondence:contains(Two boxes came broken)",
        },
        {
            trigger: "#correspondence a:contains(broken.png)",
        },
    ],
});

registry.category("web_tour.tours").add("dispute_debtor_follow", {
    steps: () => [
        {
            content: "The dispute is found on the page of the customer",
            trigger: ".o_portal_category a[href='/my/disputes'], a[href='/my/disputes']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Somebody waits for an answer",
            trigger: "tr:contains(Waiting for you) a:contains(DIS/)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "#correspondence:contains(Which boxes were broken?)",
        },
        {
            content: "What colleagues wrote to each other is not there",
            trigger: ".o_dispute_dossier:not(:contains(He always complains))",
        },
        {
            trigger: "#answer textarea[name='text']",
            run: "edit The small ones",
        },
        {
            trigger: "#answer button[type='submit']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "#correspondence:contains(The small ones)",
        },
        {
            content: "It is up to the company again",
            trigger: ".o_dispute_dossier .alert-info:contains(We are looking into it)",
        },
        {
            content: "They were found: take it back",
            trigger: ".o_dispute_dossier summary:contains(Withdraw)",
            run: "click",
        },
        {
            trigger: ".o_dispute_dossier details[open] button:contains(Yes, withdraw)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".o_dispute_dossier .alert-secondary:contains(This was withdrawn)",
        },
        {
            content: "Nothing is left to withdraw",
            trigger: ".o_dispute_dossier:not(:has(summary))",
        },
    ],
});
