import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import * as v from "valibot";
import { api } from "../../api/client";
import { ApiError, dataOf } from "../../api/query";
import { FieldError, useForm } from "../../lib/form";
import { session } from "../../lib/session";
import { texts } from "../../lib/texts";
import { formatWhen } from "../../lib/time";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { Failure, Loading } from "../../ui/States";
import { toast } from "../../ui/Toasts";

const t = texts.streams.channel;
const rules = v.object({
  username: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.nonEmpty(texts.auth.rules.missing)),
});

/** Whom the owner of a channel trusts with its rooms: appointed by name, dismissed by a button. */
export function Moderators({ channelId }: { channelId: string }) {
  const client = useQueryClient();
  const queryKey = ["moderators", channelId];
  const { data, error, refetch } = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/channels/{channelId}/moderators", { params: { path: { channelId } }, signal })),
  });
  const lookAgain = () => client.invalidateQueries({ queryKey });

  const form = useForm(rules, async ({ username }, element) => {
    const userId = await idOf(username);
    if (userId === session()?.userId) throw new FieldError("username", t.yourself);
    const params = { path: { channelId, userId } };
    await dataOf(api.PUT("/api/v1/channels/{channelId}/moderators/{userId}", { params }));
    element.reset();
    toast(t.appointed(username));
    await lookAgain();
  });
  const dismissal = useMutation({
    mutationFn: ({ userId }: { userId: string; username: string }) => {
      const params = { path: { channelId, userId } };
      return dataOf(api.DELETE("/api/v1/channels/{channelId}/moderators/{userId}", { params }));
    },
    onSuccess: async (_, { username }) => {
      toast(t.dismissed(username));
      await lookAgain();
    },
  });

  return (
    <>
      {!data && !error && <Loading />}
      {!data && error && <Failure error={error} onRetry={() => refetch()} />}
      {data?.items.length === 0 && <p className="text-quiet">{t.noModerators}</p>}
      {data && data.items.length > 0 && (
        <ul className="flex flex-col divide-y divide-line">
          {data.items.map(({ userId, username, appointedAt }) => (
            <li key={userId} className="flex items-center gap-3 py-2.5">
              <Avatar name={username} />
              <div className="min-w-0 flex-1">
                <Link to="/u/$username" params={{ username }} className="block truncate font-semibold">
                  {username}
                </Link>
                <p className="text-quiet text-sm">{t.since(formatWhen(appointedAt))}</p>
              </div>
              <Button
                kind="plain"
                size="small"
                aria-label={t.dismissName(username)}
                onClick={() => dismissal.mutate({ userId, username })}
              >
                {t.dismiss}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {dismissal.error && (
        <p role="alert" className="text-bad">
          {dismissal.error.message}
        </p>
      )}
      <form className="flex flex-col gap-3" noValidate onSubmit={form.onSubmit}>
        <Field
          label={t.moderator}
          name="username"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={form.errors.username ?? form.failure}
        />
        <Button type="submit" kind="plain" className="self-start">
          {t.appoint}
        </Button>
      </form>
    </>
  );
}

/** The id of somebody who is called so. */
async function idOf(username: string): Promise<string> {
  try {
    const params = { path: { username } };
    return (await dataOf(api.GET("/api/v1/users/{username}", { params }))).id;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) {
      throw new FieldError("username", t.nobody(username));
    }
    throw error;
  }
}
