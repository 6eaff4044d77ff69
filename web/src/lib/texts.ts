// Every word that people read, by the part of the app that shows it. Components hold none of their own.
import { auth } from "./texts/auth";
import { broadcast } from "./texts/broadcast";
import { chat } from "./texts/chat";
import { common } from "./texts/common";
import { player } from "./texts/player";
import { streams } from "./texts/streams";
import { videos } from "./texts/videos";

export const texts = { auth, broadcast, chat, common, player, streams, videos };
