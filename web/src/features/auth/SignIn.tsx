import { type FormEvent, useState } from "react";
import { api, explain, openSession, type Problem } from "../../api/client";

/** Logs in, or makes an account. */
export function SignIn() {
  const [isNew, setIsNew] = useState(false);
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const [username, password] = [text("username"), text("password")];
    setIsBusy(true);
    setError(undefined);
    const { data, error } = await (isNew
      ? api.POST("/api/v1/auth/register", { body: { username, password, email: text("email") } })
      : api.POST("/api/v1/auth/login", { body: { username, password } })
    ).catch(() => ({ data: undefined, error: undefined as Problem | undefined }));
    setIsBusy(false);
    if (data) openSession(data);
    else if (!isNew && error?.status === 401) setError("Username or password is not right.");
    else setError(explain(error));
  }

  return (
    <form className="card stack" onSubmit={submit}>
      <h2>{isNew ? "Create your account" : "Sign in"}</h2>
      <label>
        Username
        <input name="username" required autoComplete="username" autoCapitalize="none" />
      </label>
      {isNew && (
        <label>
          E-mail
          <input name="email" type="email" required autoComplete="email" />
        </label>
      )}
      <label>
        Password
        <input
          name="password"
          type="password"
          required
          minLength={isNew ? 10 : 1}
          autoComplete={isNew ? "new-password" : "current-password"}
        />
      </label>
      {error && (
        <p className="error" role="alert">
          {error}
        </p>
      )}
      <button type="submit" className="primary" disabled={isBusy}>
        {isNew ? "Create account" : "Sign in"}
      </button>
      <button type="button" className="link" onClick={() => setIsNew(!isNew)}>
        {isNew ? "I have an account" : "Create an account"}
      </button>
    </form>
  );
}
