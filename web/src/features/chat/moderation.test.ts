import { expect, test } from "vitest";
import { powersOver } from "./moderation";

const stream = { userId: "usr_owner" };
const owner = { userId: "usr_owner", isOwner: true, keepsOrder: true };
const moderator = { userId: "usr_mod", isOwner: false, keepsOrder: true };
const member = { userId: "usr_ann", isOwner: false, keepsOrder: false };
const guest = { userId: undefined, isOwner: false, keepsOrder: false };
const by = (userId: string, ...roles: string[]) => ({ userId, roles });
const [none, all] = [
  { mayDelete: false, mayBan: false, mayAppoint: false },
  { mayDelete: true, mayBan: true, mayAppoint: true },
];

test("members take back their own messages only, guests none", () => {
  expect(powersOver(stream, by("usr_ann"), member)).toEqual({ ...none, mayDelete: true });
  expect(powersOver(stream, by("usr_bob"), member)).toEqual(none);
  expect(powersOver(stream, by("guest:1"), guest)).toEqual(none);
});

test("moderators keep members and guests in order, but neither the owner nor each other", () => {
  expect(powersOver(stream, by("usr_ann"), moderator)).toEqual({ ...all, mayAppoint: false });
  expect(powersOver(stream, by("guest:1"), moderator)).toEqual({ ...all, mayAppoint: false });
  for (const other of [by("usr_owner", "owner"), by("usr_mod2", "moderator"), by("usr_mod", "moderator")])
    expect(powersOver(stream, other, moderator)).toEqual({ ...none, mayDelete: true });
});

test("the owner may do all to others; guests cannot be appointed", () => {
  expect(powersOver(stream, by("usr_mod", "moderator"), owner)).toEqual(all);
  expect(powersOver(stream, by("guest:1"), owner)).toEqual({ ...all, mayAppoint: false });
  expect(powersOver(stream, by("usr_owner", "owner"), owner)).toEqual({ ...none, mayDelete: true });
});
