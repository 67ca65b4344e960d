import { cx } from "class-variance-authority";
import { CircleAlert, Info, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../lib/api.ts";
import { Button } from "./button.tsx";

const looks = {
  bad: { icon: CircleAlert, className: "border-bad/30 bg-bad-wash", colour: "text-bad" },
  warn: { icon: TriangleAlert, className: "border-warn/30 bg-warn-wash", colour: "text-warn" },
  info: { icon: Info, className: "border-accent/25 bg-accent-wash", colour: "text-accent" },
};

interface NoticeProps {
  tone?: keyof typeof looks;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string;
}

export function Notice({ tone = "info", title, children, actions, className }: NoticeProps) {
  const { icon: Icon, className: look, colour } = looks[tone];
  return (
    <div role={tone === "info" ? "note" : "alert"} className={cx("flex gap-2.5 rounded-lg border px-3.5 py-3 text-sm", look, className)}>
      <Icon size={16} aria-hidden className={cx("mt-0.5 shrink-0", colour)} />
      <div className="min-w-0 flex-1">
        <p className="clip-words font-medium">{title}</p>
        {children && <div className="clip-words mt-0.5 text-soft">{children}</div>}
        {actions && <div className="mt-2.5 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}

/** What went wrong and what to do about it. */
export function Problem({ error, doing, retry, className }: { error: unknown; doing: string; retry?: () => void; className?: string }) {
  const known = error instanceof ApiError ? error : null;
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  return (
    <Notice
      tone="bad"
      title={`${doing} did not work: ${message}`}
      {...(className ? { className } : {})}
      actions={
        retry && (
          <Button size="sm" onClick={retry}>
            <RotateCw size={13} /> Try again
          </Button>
        )
      }
    >
      {known?.hint}
      {known?.requestId && <span className="mt-1 block font-mono text-xs text-faint">request {known.requestId}</span>}
    </Notice>
  );
}
