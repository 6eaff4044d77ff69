import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import * as v from "valibot";
import { api } from "../../api/client";
import { dataOf } from "../../api/query";
import { useForm } from "../../lib/form";
import { setSession } from "../../lib/session";
import { texts } from "../../lib/texts";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { toast } from "../../ui/Toasts";

const t = texts.auth.settings;

/** Erases the account of `username`, once they have typed their name. */
export function DeleteAccount({ username }: { username: string }) {
  const [isAsked, setIsAsked] = useState(false);
  return (
    <>
      <p className="text-quiet">{t.eraseWords}</p>
      <Button kind="danger" className="self-start" onClick={() => setIsAsked(true)}>
        {t.erase}
      </Button>
      {isAsked && (
        <Dialog title={t.eraseTitle} onClose={() => setIsAsked(false)}>
          <Question username={username} onClose={() => setIsAsked(false)} />
        </Dialog>
      )}
    </>
  );
}

function Question({ username, onClose }: { username: string; onClose: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const rules = v.object({ name: v.pipe(v.string(), v.trim(), v.literal(username, t.eraseWrong(username))) });
  const form = useForm(rules, async () => {
    await dataOf(api.DELETE("/api/v1/users/me"));
    await navigate({ to: "/" });
    setSession(null);
    client.clear();
    toast(t.erased);
  });
  return (
    <form className="flex flex-col gap-4" noValidate onSubmit={form.onSubmit}>
      <p>{t.eraseWords}</p>
      <Field
        label={t.eraseType(username)}
        name="name"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        error={form.errors.name}
      />
      {form.failure && (
        <p role="alert" className="text-bad">
          {form.failure}
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button kind="plain" onClick={onClose}>
          {texts.common.cancel}
        </Button>
        <Button type="submit" kind="danger">
          {t.erase}
        </Button>
      </div>
    </form>
  );
}
