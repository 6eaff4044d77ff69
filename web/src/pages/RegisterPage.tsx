import { Link, useSearch } from "@tanstack/react-router";
import { RegisterForm } from "../features/auth/RegisterForm";
import { useGoOn } from "../features/auth/useGoOn";
import { texts } from "../lib/texts";
import { Card } from "../ui/Card";
import { Page } from "../ui/Page";

const t = texts.auth.register;

export default function RegisterPage() {
  const { next } = useSearch({ from: "/shell/register" });
  useGoOn(next);
  return (
    <Page title={t.title} width="narrow">
      <Card>
        <RegisterForm />
      </Card>
      <p>
        {t.other}{" "}
        <Link
          to="/login"
          search={next ? { next } : {}}
          className="font-semibold text-accent underline underline-offset-2"
        >
          {t.toOther}
        </Link>
      </p>
    </Page>
  );
}
