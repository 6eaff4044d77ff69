import type { ReactNode } from "react";
import { DeleteAccount } from "../features/auth/DeleteAccount";
import { LogOutEverywhere } from "../features/auth/LogOutEverywhere";
import { PasswordForm } from "../features/auth/PasswordForm";
import { ProfileForm } from "../features/auth/ProfileForm";
import { useAccount } from "../features/auth/useAccount";
import { texts } from "../lib/texts";
import { Card } from "../ui/Card";
import { Page } from "../ui/Page";
import { Failure, Loading } from "../ui/States";

const t = texts.auth.settings;

export default function SettingsPage() {
  const { data: known, error, refetch } = useAccount();
  return (
    <Page title={t.title} width="narrow">
      {!known && !error && <Loading />}
      {!known && error && <Failure error={error} onRetry={refetch} />}
      {known && (
        <>
          <Part title={t.profile} words={t.profileWords}>
            <ProfileForm key={known.account.id} known={known} />
          </Part>
          <Part title={t.account}>
            <dl className="grid gap-x-6 gap-y-2 max-sm:[&>dd]:-mt-2 sm:grid-cols-[auto_1fr]">
              <dt className="text-quiet">{texts.auth.username}</dt>
              <dd className="[overflow-wrap:anywhere]">{known.account.username}</dd>
              <dt className="text-quiet">{texts.auth.email}</dt>
              <dd className="[overflow-wrap:anywhere]">{known.account.email}</dd>
            </dl>
          </Part>
          <Part title={t.password}>
            <PasswordForm username={known.account.username} />
          </Part>
          <Part title={t.sessions} words={t.sessionsWords}>
            <LogOutEverywhere />
          </Part>
          <Part title={t.erase}>
            <DeleteAccount username={known.account.username} />
          </Part>
        </>
      )}
    </Page>
  );
}

function Part({ title, words, children }: { title: string; words?: string; children: ReactNode }) {
  return (
    <Card>
      <h2 className="font-bold text-lg">{title}</h2>
      {words && <p className="text-quiet">{words}</p>}
      {children}
    </Card>
  );
}
