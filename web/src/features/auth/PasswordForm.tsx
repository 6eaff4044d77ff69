import { api, openSession } from "../../api/client";
import { ApiError, dataOf } from "../../api/query";
import { FieldError, useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { FormFoot } from "../../ui/FormFoot";
import { toast } from "../../ui/Toasts";
import { PasswordField } from "./PasswordField";
import { passwordRules } from "./rules";
import { tooMany } from "./tooMany";

const t = texts.auth.settings;

/** Changes the password: this browser stays signed in, others do not. */
export function PasswordForm({ username }: { username: string }) {
  const form = useForm(passwordRules, async (body, element) => {
    try {
      openSession(await dataOf(api.PUT("/api/v1/users/me/password", { body })));
    } catch (error) {
      if (error instanceof ApiError && error.code === "wrong-password") {
        throw new FieldError("currentPassword", t.wrongCurrent);
      }
      throw tooMany(error);
    }
    element.reset();
    toast(t.changed);
  });
  return (
    <form
      key={form.round}
      className="flex flex-col gap-5"
      noValidate
      onSubmit={form.onSubmit}
      onReset={form.onReset}
    >
      {/* Tells those who keep passwords for people whose it is. */}
      <input type="text" autoComplete="username" value={username} readOnly hidden />
      <PasswordField
        label={t.current}
        name="currentPassword"
        autoComplete="current-password"
        error={form.errors.currentPassword}
      />
      <PasswordField
        label={t.next}
        name="newPassword"
        autoComplete="new-password"
        hint={texts.auth.passwordHint}
        error={form.errors.newPassword}
      />
      <FormFoot form={form} submit={t.change} />
    </form>
  );
}
