import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const key = "openmcp.theme";
const listeners = new Set<() => void>();

function read(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === "dark" || set === "light" ? set : "system";
}

export function setTheme(theme: Theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Kept for this visit only.
  }
  for (const listener of listeners) listener();
}

export const useTheme = () =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);

/** What it is now, whoever decided. */
export const isDark = () =>
  read() === "dark" || (read() === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
