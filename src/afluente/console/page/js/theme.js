// Light, dark, or as the machine is set.

const THEMES = ["auto", "light", "dark"];

export const theme = () => (THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto");

export function applyTheme() {
  document.documentElement.style.colorScheme = theme() === "auto" ? "light dark" : theme();
}

export function nextTheme() {
  localStorage.setItem("theme", THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  applyTheme();
}
