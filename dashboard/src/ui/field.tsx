import { cx } from "class-variance-authority";
import type { ComponentProps, ReactNode } from "react";

const frame =
  "w-full rounded-md border border-line-strong/80 bg-raised text-ink transition-colors hover:border-line-strong focus-visible:border-accent focus-visible:outline-1 focus-visible:outline-offset-0 aria-invalid:border-bad disabled:opacity-60";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(frame, "h-8 px-2.5 text-sm", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx(frame, "block px-3 py-2 font-mono text-sm leading-relaxed", className)} {...rest} />;
}

/** The browser's own list: on a phone it is the best there is. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cx(frame, "h-8 px-2 text-sm", className)} {...rest} />;
}

interface FieldProps {
  label: string;
  id: string;
  hint?: ReactNode;
  error?: ReactNode;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** Label above, hint and error below; the control names them by aria-describedby={`${id}-note`}. */
export function Field({ label, id, hint, error, aside, className, children }: FieldProps) {
  return (
    <div className={className}>
      <div className="mb-1 flex items-baseline justify-between gap-2">
        <label htmlFor={id} className="text-xs font-medium text-soft">
          {label}
        </label>
        {aside && <span className="text-xs text-faint">{aside}</span>}
      </div>
      {children}
      <div id={`${id}-note`} aria-live="polite">
        {error ? (
          <p className="mt-1 text-xs text-bad">{error}</p>
        ) : hint ? (
          <p className="mt-1 text-xs text-faint">{hint}</p>
        ) : null}
      </div>
    </div>
  );
}
