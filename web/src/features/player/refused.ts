/** Why somebody may not watch now, in words for them. */
export class Refused extends Error {}
