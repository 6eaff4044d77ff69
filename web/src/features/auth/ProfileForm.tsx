import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { ApiError, answerOf } from "../../api/query";
import { useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { ButtonLink } from "../../ui/Button";
import { Field, TextArea } from "../../ui/Field";
import { FormFoot } from "../../ui/FormFoot";
import { toast } from "../../ui/Toasts";
import { profileRules } from "./rules";
import { accountKey, type Known, knownOf } from "./useAccount";

const t = texts.auth.settings;

/** What everybody sees of the own account. */
export function ProfileForm({ known }: { known: Known }) {
  const client = useQueryClient();
  // What the form is filled with stays while somebody writes.
  const [{ account, etag }, setBase] = useState(known);
  const key = accountKey(account.id);

  const form = useForm(profileRules, async (values) => {
    try {
      const params = { header: { "If-Match": etag } };
      const saved = await knownOf(answerOf(api.PATCH("/api/v1/users/me", { params, body: values })));
      client.setQueryData(key, saved);
      void client.invalidateQueries({ queryKey: ["profile", account.username] });
      setBase(saved);
      toast(texts.common.saved);
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) {
        const newest = await knownOf(answerOf(api.GET("/api/v1/users/me")));
        client.setQueryData(key, newest);
        setBase(newest);
      }
      throw error;
    }
  });
  return (
    <form
      key={form.round}
      className="flex flex-col gap-5"
      noValidate
      onSubmit={form.onSubmit}
      onReset={form.onReset}
    >
      <Field
        label={t.displayName}
        name="displayName"
        autoComplete="nickname"
        defaultValue={account.displayName === account.username ? "" : account.displayName}
        hint={t.displayNameHint}
        error={form.errors.displayName}
      />
      <TextArea label={t.bio} name="bio" defaultValue={account.bio ?? ""} error={form.errors.bio} />
      <FormFoot form={form} submit={texts.common.save}>
        <ButtonLink to="/u/$username" params={{ username: account.username }} kind="quiet">
          {t.seeProfile}
        </ButtonLink>
      </FormFoot>
    </form>
  );
}
