import { Link, useSearch } from "@tanstack/react-router";
import { LoginForm } from "../features/auth/LoginForm";
import { useGoOn } from "../features/auth/useGoOn";
import { texts } from "../lib/texts";
import { Card } from "../ui/Card";
import { Page } from "../ui/Page";

const t = texts.auth.login;

export default function LoginPage() {
  const { next } = useSearch({ from: "/shell/login" });
  useGoOn(next);
  return (
    <Page title={t.title} width="narrow">
      {next && <p className="text-quiet">{t.first}</p>}
      <Card>
        <LoginForm />
      </Card>
      <p>
        {t.other}{" "}
        <Link
          to="/register"
          search={next ? { next } : {}}
          className="font-semibold text-accent underline underline-offset-2"
        >
          {t.toOther}
        </Link>
      </p>
    </Page>
  );
}
