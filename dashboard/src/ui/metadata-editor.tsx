import { cx } from "class-variance-authority";
import { CircleAlert, CircleCheck, WandSparkles } from "lucide-react";
import { useMemo, useRef, type UIEvent } from "react";
import { checkMetadata } from "../lib/metadata.ts";
import { plural } from "../lib/format.ts";
import { Button } from "./button.tsx";

interface MetadataEditorProps {
  id: string;
  value: string;
  onChange: (text: string) => void;
}

/** A JSON object with its lines numbered; says at once what is wrong, in which field and line, and goes there. */
export function MetadataEditor({ id, value, onChange }: MetadataEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const checked = useMemo(() => checkMetadata(value), [value]);
  const lines = value.split("\n").length;
  const bad = checked.ok ? 0 : checked.problem.line;

  const jump = () => {
    if (checked.ok || !area.current) return;
    const starts = value.split("\n").slice(0, checked.problem.line - 1);
    const at = starts.reduce((sum, line) => sum + line.length + 1, 0) + checked.problem.column - 1;
    area.current.focus();
    area.current.setSelectionRange(at, Math.min(at + 1, value.length));
  };
  const scroll = (event: UIEvent<HTMLTextAreaElement>) => {
    if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
  };

  return (
    <div>
      <div className="mb-1 flex items-center justify-between">
        <label htmlFor={id} className="text-xs font-medium text-soft">
          Metadata
        </label>
        <Button
          variant="ghost"
          size="sm"
          className="h-5 px-1.5"
          disabled={!checked.ok || value.trim() === ""}
          onClick={() => checked.ok && onChange(JSON.stringify(checked.value, null, 2))}
        >
          <WandSparkles size={11} /> Tidy
        </Button>
      </div>
      <div
        className={cx(
          "flex overflow-hidden rounded-md border bg-raised focus-within:outline-1",
          checked.ok ? "border-line-strong/80 focus-within:border-accent focus-within:outline-accent" : "border-bad focus-within:outline-bad",
        )}
      >
        <div
          ref={gutter}
          aria-hidden
          className="max-h-72 w-9 shrink-0 overflow-hidden border-r border-line bg-sunken py-2 text-right font-mono text-sm leading-5 text-faint select-none"
        >
          {Array.from({ length: lines }, (_, line) => (
            <div key={line} className={cx("pr-2", line + 1 === bad && "bg-bad-wash font-semibold text-bad")}>
              {line + 1}
            </div>
          ))}
        </div>
        <textarea
          ref={area}
          id={id}
          value={value}
          rows={Math.min(Math.max(lines, 4), 14)}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          placeholder={'{\n  "project": "atlas"\n}'}
          aria-invalid={!checked.ok}
          aria-describedby={`${id}-note`}
          onChange={(event) => onChange(event.target.value)}
          onScroll={scroll}
          className="max-h-72 min-w-0 flex-1 resize-none bg-transparent px-2.5 py-2 font-mono text-sm leading-5 outline-none focus-visible:outline-none"
        />
      </div>
      <div id={`${id}-note`} aria-live="polite" className="mt-1 min-h-5 text-xs">
        {checked.ok ? (
          <p className="flex items-center gap-1 text-faint">
            {value.trim() === "" ? (
              "A JSON object. Empty is fine."
            ) : (
              <>
                <CircleCheck size={12} aria-hidden className="text-good" /> {plural(Object.keys(checked.value).length, "field")}
              </>
            )}
          </p>
        ) : (
          <button type="button" onClick={jump} className="flex items-start gap-1 text-left text-bad">
            <CircleAlert size={12} aria-hidden className="mt-[3px] shrink-0" />
            <span>
              <span className="font-medium">
                line {checked.problem.line}, column {checked.problem.column}
                {checked.problem.field && `, field ${checked.problem.field}`}:
              </span>{" "}
              {checked.problem.message}
            </span>
          </button>
        )}
      </div>
    </div>
  );
}
