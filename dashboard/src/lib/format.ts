// Numbers and times for people, in the browser's own language settings for dates and in one form for sizes.

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(size: number): string {
  let at = 0;
  while (size >= 1024 && at < units.length - 1) {
    size /= 1024;
    ++at;
  }
  return `${at === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[at]}`;
}

export const count = (value: number) => value.toLocaleString("en-US");

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const steps: [number, Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [60, "minute"],
  [24, "hour"],
  [7, "day"],
  [4.35, "week"],
  [12, "month"],
  [Infinity, "year"],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

export function ago(time: string, now = Date.now()): string {
  let value = (Date.parse(time) - now) / 1000;
  if (Number.isNaN(value)) return time;
  if (Math.abs(value) < 10) return "just now";
  for (const [size, unit] of steps) {
    if (Math.abs(value) < size) return relative.format(Math.trunc(value), unit);
    value /= size;
  }
  return time;
}

const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

const written = (format: Intl.DateTimeFormat, time: string) => {
  const value = new Date(time);
  return Number.isNaN(value.getTime()) ? time : format.format(value);
};
export const dateTime = (time: string) => written(full, time);
export const dayOf = (time: string) => written(day, time);
export const clockOf = (time: string) => written(clock, time);
export const dateOf = (time: string) => written(date, time);

export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [Math.floor(seconds) % 60, "s"],
  ];
  const from = parts.findIndex(([value]) => value > 0);
  if (from < 0) return "0 s";
  return parts
    .slice(from, from + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

/** "bafyrei…3xq2": enough to recognise. */
export function shortCid(cid: string): string {
  return cid.length > 20 ? `${cid.slice(0, 8)}…${cid.slice(-6)}` : cid;
}

export const authorName = (author: { name: string } | string) => (typeof author === "string" ? author : author.name);
