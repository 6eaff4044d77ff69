// Keeping order: what the API lets the owner and moderators do.
import { queryOptions } from "@tanstack/react-query";
import { api, type Stream } from "../../api/client";
import { dataOf } from "../../api/query";

/** Seconds of a time-out. */
const TIME_OUT = 600;
/** Bans shown at most. */
const BANS = 100;

export const deleteMessage = (streamId: string, messageId: string) =>
  dataOf(
    api.DELETE("/api/v1/streams/{streamId}/messages/{messageId}", {
      params: { path: { streamId, messageId } },
    }),
  );

export const timeOut = (streamId: string, userId: string) =>
  dataOf(
    api.PUT("/api/v1/streams/{streamId}/bans/{userId}", {
      params: { path: { streamId, userId } },
      body: { seconds: TIME_OUT },
    }),
  );

export const ban = (streamId: string, userId: string) =>
  dataOf(
    api.PUT("/api/v1/streams/{streamId}/bans/{userId}", { params: { path: { streamId, userId } }, body: {} }),
  );

export const liftBan = (streamId: string, userId: string) =>
  dataOf(api.DELETE("/api/v1/streams/{streamId}/bans/{userId}", { params: { path: { streamId, userId } } }));

export const appoint = (channelId: string, userId: string) =>
  dataOf(
    api.PUT("/api/v1/channels/{channelId}/moderators/{userId}", { params: { path: { channelId, userId } } }),
  );

export const dismiss = (channelId: string, userId: string) =>
  dataOf(
    api.DELETE("/api/v1/channels/{channelId}/moderators/{userId}", {
      params: { path: { channelId, userId } },
    }),
  );

export const setSlowMode = (streamId: string, seconds: number) =>
  dataOf(
    api.PUT("/api/v1/streams/{streamId}/slow-mode", { params: { path: { streamId } }, body: { seconds } }),
  );

export const bansOf = (streamId: string) =>
  queryOptions({
    queryKey: ["bans", streamId],
    queryFn: ({ signal }) => {
      const params = { path: { streamId }, query: { limit: BANS } };
      return dataOf(api.GET("/api/v1/streams/{streamId}/bans", { params, signal }));
    },
  });

/** The moderators of a channel; for its owner only. */
export const moderatorsOf = (channelId: string) =>
  queryOptions({
    queryKey: ["moderators", channelId],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/v1/channels/{channelId}/moderators", { params: { path: { channelId } }, signal })),
  });

/** What somebody may do about a message. */
export type Powers = { mayDelete: boolean; mayBan: boolean; mayAppoint: boolean };

type Target = { userId: string; roles: readonly string[] };
type Caller = { userId: string | undefined; isOwner: boolean; keepsOrder: boolean };

/** What the API would let `caller` do about a message by `target`. */
export function powersOver(stream: Pick<Stream, "userId">, target: Target, caller: Caller): Powers {
  const isOwn = caller.userId !== undefined && target.userId === caller.userId;
  const isOwners = target.userId === stream.userId;
  const isEqual = target.roles.includes("moderator") && !caller.isOwner;
  return {
    mayDelete: isOwn || caller.keepsOrder,
    mayBan: caller.keepsOrder && !isOwn && !isOwners && !isEqual,
    mayAppoint: caller.isOwner && !isOwn && target.userId.startsWith("usr_"),
  };
}
