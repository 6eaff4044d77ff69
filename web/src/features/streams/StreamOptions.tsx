import type { ReactNode } from "react";
import { texts } from "../../lib/texts";
import { Check, Field, Select } from "../../ui/Field";
import type { Settings } from "./settings";

const t = texts.streams.form;

type Props = { settings: Settings; errors: Record<string, string> };

/** What most streams leave as it is, folded away. */
export function StreamOptions({ settings, errors }: Props) {
  const number = (name: string, value: number | null, label: string, hint?: string) => (
    <Field
      label={label}
      name={name}
      inputMode="numeric"
      defaultValue={value ?? ""}
      error={errors[name]}
      {...(hint && { hint })}
    />
  );
  return (
    <details className="rounded-lg border border-line px-4 py-3">
      <summary className="font-semibold">{t.options}</summary>
      <div className="flex flex-col gap-6 pt-4 pb-1">
        <Group name={t.playback}>
          <Check
            label={t.lowLatency}
            name="lowLatencyEnabled"
            hint={t.lowLatencyHint}
            defaultChecked={settings.lowLatencyEnabled}
          />
          <Check label={t.dvr} name="dvrEnabled" defaultChecked={settings.dvrEnabled} />
          {number("dvrWindowInMinutes", settings.dvrWindowInMinutes, t.dvrMinutes)}
        </Group>
        <Group name={t.connection}>
          <Check
            label={t.autoStart}
            name="autoStart"
            hint={t.autoStartHint}
            defaultChecked={settings.autoStart}
          />
          {number("reconnectWindowSeconds", settings.reconnectWindowSeconds, t.reconnect, t.reconnectHint)}
        </Group>
        <Group name={t.audience}>
          {number("maxConcurrentViewers", settings.maxConcurrentViewers, t.cap, t.capHint)}
          <Field
            label={t.allowed}
            name="allowedCountries"
            autoCapitalize="characters"
            defaultValue={settings.allowedCountries.join(", ")}
            hint={t.countriesHint}
            error={errors.allowedCountries}
          />
          <Field
            label={t.blocked}
            name="blockedCountries"
            autoCapitalize="characters"
            defaultValue={settings.blockedCountries.join(", ")}
            hint={t.countriesHint}
            error={errors.blockedCountries}
          />
        </Group>
        <Group name={t.chat}>
          <Check label={t.chatEnabled} name="chat/enabled" defaultChecked={settings.chat.enabled} />
          <Select
            label={t.chatMode}
            name="chat/mode"
            defaultValue={settings.chat.mode}
            options={Object.entries(t.chatModes).map(([value, name]) => ({ value, name }))}
          />
          {number("chat/slowModeSeconds", settings.chat.slowModeSeconds, t.slowMode, t.slowModeHint)}
        </Group>
      </div>
    </details>
  );
}

function Group({ name, children }: { name: string; children: ReactNode }) {
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="mb-3 w-full border-line border-b pb-1 font-semibold text-quiet">{name}</legend>
      {children}
    </fieldset>
  );
}
