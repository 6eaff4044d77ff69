import { api, openSession } from "../../api/client";
import { ApiError, dataOf } from "../../api/query";
import { useForm } from "../../lib/form";
import { texts } from "../../lib/texts";
import { Field } from "../../ui/Field";
import { FormFoot } from "../../ui/FormFoot";
import { PasswordField } from "./PasswordField";
import { loginRules } from "./rules";
import { tooMany } from "./tooMany";

const t = texts.auth;

/** Opens a session; the page goes on when there is one. */
export function LoginForm() {
  const form = useForm(loginRules, async (values) => {
    try {
      openSession(await dataOf(api.POST("/api/v1/auth/login", { body: values })));
    } catch (error) {
      throw inWords(error);
    }
  });
  return (
    <form className="flex flex-col gap-5" noValidate onSubmit={form.onSubmit}>
      <Field
        label={t.usernameOrEmail}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        error={form.errors.username}
      />
      <PasswordField
        label={t.password}
        name="password"
        autoComplete="current-password"
        error={form.errors.password}
      />
      <FormFoot form={form} submit={t.login.submit} />
    </form>
  );
}

function inWords(error: unknown): unknown {
  return error instanceof ApiError && error.status === 401 ? new Error(t.login.wrong) : tooMany(error);
}
