// Every word that people read, by the part of the app that shows it. Components hold none of their own. Words of one page
// alone (texts/broadcast.ts) are taken from their file, so that only that page loads them.
import { auth } from "./texts/auth";
import { chat } from "./texts/chat";
import { common } from "./texts/common";
import { player } from "./texts/player";
import { streams } from "./texts/streams";
import { videos } from "./texts/videos";

export const texts = { auth, chat, common, player, streams, videos };
