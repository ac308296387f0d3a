// Setting up another call: at once, or after a word about links that would be lost.

import { byId } from "./dom.js";
import { forgetLinks, namesOfUnkept } from "./links.js";
import { Question } from "./question.js";

const question = new Question("another", goOn);
let start = () => {};

/** Call `startAgain` once somebody wants another call and has let go of this one's links. */
export function offerAnother(startAgain) {
  start = startAgain;
}

/** Nothing is asked any more: the links are of no use. */
export function askNoMore() {
  question.reset();
}

function ask() {
  const names = namesOfUnkept();
  if (!names.length) return goOn();
  const [links, them] = names.length > 1 ? ["links", "them"] : ["link", "it"];
  const listed = new Intl.ListFormat("en-GB").format(names);
  question.ask(`Not copied, opened or saved yet: the ${links} for ${listed}. Once you go on, nobody can see ${them} again.`);
}

function goOn() {
  question.reset();
  forgetLinks();
  start();
}

byId("another").addEventListener("click", ask);
