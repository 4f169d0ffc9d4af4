import { Component, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

/** Milliseconds until the next question, by phase: nothing changes by itself in the others. */
const INTERVALS = {
    sending: 3000,
    pausing: 3000,
    waiting: 30000,
    retrying: 30000,
    paused: 30000,
};
/** The rest of the form follows less often: it is more than a few numbers. */
const FORM_INTERVAL = 15000;

/**
 * How far the sending of a run is. Asks the server every few seconds as long as that can change
 * without the user, and only while the page is looked at.
 */
export class RunProgressField extends Component {
    static template = "account_credit_management.RunProgressField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ resId: false, progress: false, asked: 0 });
        this.formLoaded = DateTime.now();
        useEffect(
            (interval) => {
                if (interval) {
                    const timer = browser.setTimeout(() => this.ask(), interval);
                    return () => browser.clearTimeout(timer);
                }
            },
            () => [
                INTERVALS[this.progress.phase],
                this.props.record.resId,
                this.progress.phase,
                this.state.asked,
            ]
        );
    }

    /** What was heard last: when the form was opened or reloaded, or since. */
    get progress() {
        const { record, name } = this.props;
        const loaded = record.data[name] || { phase: "none", at: "" };
        const { resId, progress } = this.state;
        return resId === record.resId && progress.at > loaded.at ? progress : loaded;
    }

    get done() {
        const { sent, todo, failed, dropped, doubtful } = this.progress;
        return sent + todo + failed + dropped + doubtful;
    }

    get percentage() {
        return Math.floor((100 * this.done) / this.progress.total);
    }

    get counts() {
        const progress = this.progress;
        return [
            ["sent", _t("Sent"), "text-bg-success"],
            ["todo", _t("To do"), "text-bg-warning"],
            ["sending", _t("Being sent"), "text-bg-info"],
            ["ready", _t("Waiting"), "text-bg-secondary"],
            ["retry", _t("Tried again later"), "text-bg-warning"],
            ["failed", _t("Failed"), "text-bg-danger"],
            ["doubtful", _t("To be checked"), "text-bg-danger"],
            ["dropped", _t("Not needed any more"), "text-bg-light"],
        ]
            .map(([name, label, style]) => ({ name, label, style, number: progress[name] }))
            .filter(({ name, number }) => number || name === "sent");
    }

    get bars() {
        const { sent, todo, dropped, failed, doubtful, total } = this.progress;
        return [
            ["bg-success", sent + todo],
            ["bg-danger", failed + doubtful],
            ["bg-secondary", dropped],
        ].map(([style, number]) => ({ style, width: (100 * number) / total }));
    }

    get message() {
        const { phase, end, opening, next_retry } = this.progress;
        switch (phase) {
            case "sending":
                return end
                    ? _t("Sending. Done at about %s.", this.format(end))
                    : _t("Sending. It is too early to tell when it will be done.");
            case "waiting":
                return _t("Outside the sending hours. Sending goes on %s.", this.format(opening));
            case "retrying":
                return _t(
                    "Some could not be sent. They are tried again at %s.",
                    this.format(next_retry)
                );
            case "pausing":
                return _t("Paused. What is being sent is finished first.");
            case "paused":
                return _t("Paused. Nothing is sent until you resume.");
            default:
                return _t("Nothing waits to be sent.");
        }
    }

    format(moment) {
        const local = deserializeDateTime(moment);
        return local.hasSame(DateTime.now(), "day")
            ? local.toLocaleString(DateTime.TIME_SIMPLE)
            : formatDateTime(local, { showSeconds: false });
    }

    async ask() {
        if (!document.hidden) {
            try {
                await this.load();
            } catch (error) {
                if (!(error instanceof ConnectionLostError)) {
                    throw error;
                }
            }
        }
        this.state.asked++;
    }

    async load() {
        const { record, name } = this.props;
        const resId = record.resId;
        const before = this.progress;
        const [values] = await this.orm.silent.read(record.resModel, [resId], [name]);
        if (!values || resId !== this.props.record.resId) {
            return;
        }
        const progress = values[name];
        Object.assign(this.state, { resId, progress });
        const isOld = DateTime.now().diff(this.formLoaded).toMillis() > FORM_INTERVAL;
        const isMoved = progress.ready !== before.ready || progress.sent !== before.sent;
        if (progress.phase !== before.phase || (isOld && isMoved)) {
            await this.loadForm();
        }
    }

    /** Let buttons, state and tiles follow, unless the user is changing something. */
    async loadForm() {
        this.formLoaded = DateTime.now();
        if (!(await this.props.record.isDirty())) {
            await this.props.record.load();
        }
    }
}

export const runProgressField = {
    component: RunProgressField,
    displayName: _t("Progress of Sending"),
    supportedTypes: ["json"],
};

registry.category("fields").add("dunning_run_progress", runProgressField);
