// Small pieces that every page uses.
import { cx } from "class-variance-authority";
import { Bot, BookText, Braces, Check, Copy, FileText, GitFork, Hash, Lightbulb, MessagesSquare } from "lucide-react";
import { useEffect, useRef, useState, type ComponentProps, type ReactNode } from "react";
import { Link } from "react-router";
import { ago, dateTime, shortCid } from "../lib/format.ts";
import { Button } from "./button.tsx";
import { Tip } from "./tip.tsx";

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return <section className={cx("rounded-xl border border-line bg-panel", className)} {...rest} />;
}

export function CardTitle({ children, aside, id }: { children: ReactNode; aside?: ReactNode; id?: string }) {
  return (
    <div className="flex min-h-11 items-center justify-between gap-3 border-b border-line px-4">
      <h2 id={id} className="text-sm font-semibold">
        {children}
      </h2>
      {aside}
    </div>
  );
}

/** The head of a page: the heading takes the focus when the page is opened, so that a reader hears where it is. */
export function PageHead({ title, note, actions }: { title: ReactNode; note?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
      <div className="min-w-0">
        <h1 tabIndex={-1} data-quiet-focus className="clip-words text-xl font-semibold tracking-tight">
          {title}
        </h1>
        {note && <div className="mt-1 text-sm text-soft">{note}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </div>
  );
}

const typeLooks: Record<string, { icon: typeof Bot; colour: string; fill: string; dot: string }> = {
  code: { icon: Braces, colour: "text-[light-dark(#1d6fb8,#7fbcff)]", fill: "bg-[light-dark(#2f80cc,#5b9fe6)]", dot: "fill-[light-dark(#2f80cc,#5b9fe6)]" },
  documentation: { icon: BookText, colour: "text-[light-dark(#19703c,#6fd197)]", fill: "bg-[light-dark(#2f9e5c,#4fb87c)]", dot: "fill-[light-dark(#2f9e5c,#4fb87c)]" },
  conversation: { icon: MessagesSquare, colour: "text-[light-dark(#8a4b9e,#d6a2ea)]", fill: "bg-[light-dark(#a866bd,#b57fcb)]", dot: "fill-[light-dark(#a866bd,#b57fcb)]" },
  decision: { icon: Lightbulb, colour: "text-[light-dark(#8a5300,#e6b45c)]", fill: "bg-[light-dark(#c98a1f,#d3a044)]", dot: "fill-[light-dark(#c98a1f,#d3a044)]" },
  other: { icon: FileText, colour: "text-faint", fill: "bg-[light-dark(#8b93a3,#717a8a)]", dot: "fill-[light-dark(#8b93a3,#717a8a)]" },
};
export const typeLook = (type: string) => typeLooks[type] ?? typeLooks.other!;

export function TypeIcon({ type, size = 15 }: { type: string; size?: number }) {
  const { icon: Icon, colour } = typeLook(type);
  return <Icon size={size} aria-hidden className={cx("shrink-0", colour)} />;
}

export function TypeBadge({ type }: { type: string }) {
  return (
    <span className="inline-flex h-5 max-w-full items-center gap-1 rounded-md border border-line bg-sunken px-1.5 text-xs text-soft">
      <TypeIcon type={type} size={12} />
      <span className="truncate">{type}</span>
    </span>
  );
}

export function TagChip({ tag }: { tag: string }) {
  return (
    <Link
      to={`/search?tag=${encodeURIComponent(tag)}`}
      className="inline-flex h-5 max-w-48 items-center gap-0.5 rounded-md px-1 text-xs text-soft hover:bg-hover hover:text-ink"
    >
      <Hash size={11} aria-hidden className="shrink-0 text-faint" />
      <span className="truncate">{tag}</span>
    </Link>
  );
}

type Tone = "plain" | "good" | "warn" | "bad" | "accent";
const tones: Record<Tone, string> = {
  plain: "bg-sunken text-soft border-line",
  good: "bg-good-wash text-good border-transparent",
  warn: "bg-warn-wash text-warn border-transparent",
  bad: "bg-bad-wash text-bad border-transparent",
  accent: "bg-accent-wash text-accent border-transparent",
};

export function Badge({ tone = "plain", children, className }: { tone?: Tone; children: ReactNode; className?: string }) {
  return (
    <span
      className={cx(
        "inline-flex h-5 shrink-0 items-center gap-1 rounded-md border px-1.5 text-xs font-medium whitespace-nowrap",
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

export function Diverged({ heads }: { heads: number }) {
  if (heads < 2) return null;
  return (
    <Badge tone="warn">
      <GitFork size={11} aria-hidden /> {heads} heads
    </Badge>
  );
}

/** Relative, with the exact time behind it; goes on counting. */
export function Time({ value, className }: { value: string; className?: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={value} title={dateTime(value)} className={cx("tnum whitespace-nowrap", className)}>
      {ago(value)}
    </time>
  );
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http on another machine has no clipboard interface; the old way still works there.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "fixed opacity-0";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label, children, ...rest }: { text: string; label: string } & ComponentProps<typeof Button>) {
  const [state, setState] = useState<"idle" | "done" | "failed">("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    setState((await copyText(text)) ? "done" : "failed");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState("idle"), 1600);
  };
  const said = state === "done" ? "Copied" : state === "failed" ? "Copying is not allowed here; select the text" : label;
  const button = (
    <Button variant="ghost" size={children ? "sm" : "icon-sm"} onClick={() => void copy()} aria-label={said} {...rest}>
      {state === "done" ? <Check size={13} className="text-good" /> : <Copy size={13} />}
      {children}
    </Button>
  );
  return (
    <>
      <Tip text={said}>{button}</Tip>
      <span role="status" className="sr-only">
        {state === "idle" ? "" : said}
      </span>
    </>
  );
}

/** A CID or hash: shortened for the eye, whole for the clipboard. */
export function Cid({ value, label, whole }: { value: string; label: string; whole?: boolean }) {
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-0.5">
      <code title={value} className={cx("font-mono text-xs", whole ? "break-all" : "truncate")}>
        {whole ? value : shortCid(value)}
      </code>
      <CopyButton text={value} label={`Copy ${label}`} className="size-6" />
    </span>
  );
}

export function Empty({ icon: Icon, title, children }: { icon: typeof Bot; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center px-6 py-12 text-center">
      <span className="mb-3 flex size-10 items-center justify-center rounded-full bg-sunken text-faint">
        <Icon size={18} aria-hidden />
      </span>
      <p className="font-medium">{title}</p>
      {children && <div className="mt-1 max-w-md text-sm text-soft">{children}</div>}
    </div>
  );
}

export function Skeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div role="status" className="space-y-3 p-4">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} aria-hidden className={cx("h-4 animate-pulse rounded bg-hover", ["w-3/4", "w-1/2", "w-2/3"][row % 3])} />
      ))}
    </div>
  );
}

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line-strong/70 bg-sunken px-1 font-mono text-2xs text-soft">
      {children}
    </kbd>
  );
}
