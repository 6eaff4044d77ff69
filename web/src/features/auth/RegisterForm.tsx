import { api, openSession } from "../../api/client";
import { ApiError, dataOf } from "../../api/query";
import { FieldError, useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { Field } from "../../ui/Field";
import { FormFoot } from "../../ui/FormFoot";
import { PasswordField } from "./PasswordField";
import { registerRules } from "./rules";

const t = texts.auth;

/** Makes an account and opens its first session; the page goes on when there is one. */
export function RegisterForm() {
  const form = useForm(registerRules, async (values) => {
    try {
      openSession(await dataOf(api.POST("/api/v1/auth/register", { body: values })));
    } catch (error) {
      throw inWords(error);
    }
  });
  return (
    <form className="flex flex-col gap-5" noValidate onSubmit={form.onSubmit}>
      <Field
        label={t.username}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        hint={t.usernameHint}
        error={form.errors.username}
      />
      <Field
        label={t.email}
        name="email"
        type="email"
        autoComplete="email"
        hint={t.emailHint}
        error={form.errors.email}
      />
      <PasswordField
        label={t.password}
        name="password"
        autoComplete="new-password"
        hint={t.passwordHint}
        error={form.errors.password}
      />
      <FormFoot form={form} submit={t.register.submit} />
    </form>
  );
}

function inWords(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.code === "username-taken") return new FieldError("username", t.register.usernameTaken);
  if (error.code === "email-taken") return new FieldError("email", t.register.emailTaken);
  return error;
}
