import { useState } from "react";
import * as v from "valibot";
import { api, type Channel } from "../../api/client";
import { ApiError, answerOf } from "../../api/query";
import { useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { Check, Field, Select } from "../../ui/Field";
import { FormFoot } from "../../ui/FormFoot";
import { toast } from "../../ui/Toasts";
import { type Known, knownOf, readChannel } from "./useChannel";

const t = texts.streams.channel;

const rules = v.object({
  name: v.pipe(
    v.string(),
    v.trim(),
    v.check((text) => text !== "" && [...text].length <= 140, t.nameRule),
  ),
  latencyMode: v.picklist(["LOW", "NORMAL"]),
  channelType: v.picklist(["STANDARD", "BASIC"]),
  recordingEnabled: v.pipe(
    v.optional(v.string(), ""),
    v.transform((text) => text !== ""),
  ),
});

const settings = ["name", "latencyMode", "channelType", "recordingEnabled"] as const;

type Props = { known: Known; onSaved: (known: Known) => void };

/** What a channel is called, and how it sends. */
export function ChannelForm({ known, onSaved }: Props) {
  // What the form is filled with stays while somebody writes.
  const [base, setBase] = useState(known);
  const { channel } = base;

  async function edit(before: Known, wanted: Partial<Channel>): Promise<Known> {
    const params = { path: { channelId: channel.id }, header: { "If-Match": before.etag } };
    try {
      return await knownOf(answerOf(api.PATCH("/api/v1/channels/{channelId}", { params, body: wanted })));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const newest = await readChannel(channel.id);
      // A key that was shown or replaced changes a channel too, but nothing that is written here.
      if (settings.every((name) => newest.channel[name] === before.channel[name]))
        return edit(newest, wanted);
      setBase(newest);
      throw error;
    }
  }

  const form = useForm(rules, async (values) => {
    // Only what differs: some of it cannot change while the channel is live.
    const changed = settings.filter((name) => values[name] !== channel[name]);
    if (changed.length > 0) {
      const saved = await edit(base, Object.fromEntries(changed.map((name) => [name, values[name]])));
      setBase(saved);
      onSaved(saved);
    }
    toast(texts.common.saved);
  });
  return (
    <form
      key={form.round}
      className="flex flex-col gap-5"
      noValidate
      onSubmit={form.onSubmit}
      onReset={form.onReset}
    >
      <Field label={t.name} name="name" defaultValue={channel.name} error={form.errors.name} />
      <Select
        label={t.latency}
        name="latencyMode"
        defaultValue={channel.latencyMode}
        options={Object.entries(t.latencies).map(([value, name]) => ({ value, name }))}
        error={form.errors.latencyMode}
      />
      <Select
        label={t.type}
        name="channelType"
        defaultValue={channel.channelType}
        options={Object.entries(t.types).map(([value, name]) => ({ value, name }))}
        error={form.errors.channelType}
      />
      <Check
        label={t.recording}
        name="recordingEnabled"
        hint={t.recordingHint}
        defaultChecked={channel.recordingEnabled}
      />
      <FormFoot form={form} submit={texts.common.save} />
    </form>
  );
}
