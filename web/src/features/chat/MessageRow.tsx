import { CircleUserRound, Crown, Shield } from "lucide-react";
import { memo, type ReactNode } from "react";
import { texts } from "../../lib/texts";
import { clockOf, wholeTimeOf } from "./clock";
import { nameColour } from "./colours";

const ICONS = { owner: Crown, moderator: Shield, guest: CircleUserRound };
type Role = keyof typeof ICONS;

type Props = {
  userId: string;
  username: string;
  content: string;
  roles: readonly string[];
  /** RFC 3339. */
  timestamp: string;
  /** Stands in the place of the time: where it was said in a video. */
  time?: string;
  children?: ReactNode;
};

/** One message: when, who, what. Names and contents are text. */
export const MessageRow = memo(function MessageRow(props: Props) {
  const { userId, username, content, roles, timestamp, time, children } = props;
  return (
    <p className="min-w-0 flex-1 leading-snug [overflow-wrap:anywhere]">
      <time
        dateTime={timestamp}
        title={wholeTimeOf(timestamp)}
        className="mr-1.5 text-quiet text-xs tabular-nums"
      >
        {time ?? clockOf(timestamp)}
      </time>
      {rolesOf(userId, roles).map((role) => (
        <Badge key={role} role={role} />
      ))}
      <bdi className="font-semibold" style={{ color: nameColour(username) }}>
        {username}
      </bdi>
      <span className="text-quiet">:</span> <bdi>{content}</bdi>
      {children}
    </p>
  );
});

function rolesOf(userId: string, roles: readonly string[]): Role[] {
  if (userId.startsWith("guest:")) return ["guest"];
  return roles.filter((role): role is Role => role === "owner" || role === "moderator");
}

function Badge({ role }: { role: Role }) {
  const Icon = ICONS[role];
  const word = texts.chat.roles[role];
  return (
    <span
      className="mr-1 inline-flex items-center gap-0.5 rounded bg-raised px-1 align-[1px] font-semibold text-quiet text-xs"
      title={word}
    >
      <Icon aria-hidden className="size-3" />
      {word}
    </span>
  );
}
