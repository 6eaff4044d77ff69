// Every word that people read, by the part of the app that shows it. Components hold none of their own.
export { auth } from "./auth";
export { broadcast } from "./broadcast";
export { chat } from "./chat";
export { common } from "./common";
export { player } from "./player";
export { streams } from "./streams";
export { videos } from "./videos";
