import { useSearch } from "@tanstack/react-router";
import { LoginForm } from "../features/auth/LoginForm";
import { OtherForm } from "../features/auth/OtherForm";
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
      <OtherForm to="/register" next={next} question={t.other} answer={t.toOther} />
    </Page>
  );
}
