import { useSearch } from "@tanstack/react-router";
import { OtherForm } from "../features/auth/OtherForm";
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
      <OtherForm to="/login" next={next} question={t.other} answer={t.toOther} />
    </Page>
  );
}
