import { useNavigate } from "@tanstack/react-router";
import { logOut } from "../api/client";
import { texts } from "../lib/texts";
import { Avatar } from "../ui/Avatar";
import { ButtonLink } from "../ui/Button";
import { Menu } from "../ui/Menu";

const { nav } = texts.common;

/** What somebody who is signed in may make and change. */
export function AccountMenu({ username }: { username: string }) {
  const navigate = useNavigate();
  async function leave() {
    // First away from a page that nobody else may see: it would ask to log in again.
    await navigate({ to: "/" });
    await logOut();
  }
  return (
    <>
      <ButtonLink to="/videos/upload" kind="plain" size="small" className="max-md:hidden">
        {nav.upload}
      </ButtonLink>
      <ButtonLink to="/streams/create" size="small">
        {nav.goLive}
      </ButtonLink>
      <Menu
        label={nav.account(username)}
        trigger={<Avatar name={username} />}
        items={[
          { name: nav.profile, onChoose: () => navigate({ to: "/u/$username", params: { username } }) },
          { name: nav.channel, onChoose: () => navigate({ to: "/channel" }) },
          { name: nav.upload, onChoose: () => navigate({ to: "/videos/upload" }) },
          { name: nav.settings, onChoose: () => navigate({ to: "/settings" }) },
          { name: nav.logout, onChoose: leave },
        ]}
      />
    </>
  );
}
