// The page's words. A key that has none is a fault of ours, and shows as itself.

import { en } from "./words/en.js";
import { pt } from "./words/pt.js";

const WORDS = { en, pt };
let current = localStorage.getItem("language") ?? (navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en");

export const language = () => current;

export function speak(chosen) {
  current = chosen in WORDS ? chosen : "en";
  localStorage.setItem("language", current);
  document.documentElement.lang = current === "pt" ? "pt-BR" : "en";
}

// The text of `key`, its {names} filled with `facts`.
export function t(key, facts = {}) {
  const text = WORDS[current][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}
