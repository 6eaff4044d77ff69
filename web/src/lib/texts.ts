// The catalogue. As a namespace, so that a page loads the words it shows and no others.
export * as texts from "./texts/index";
