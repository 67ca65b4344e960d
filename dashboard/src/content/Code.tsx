import { useMemo } from "react";
import { highlight, languageOf } from "../lib/highlight.ts";

const longest = 256 * 1024; // characters: beyond it colours cost more than they help

export function Marks({ text, language }: { text: string; language: string | null }) {
  const marks = useMemo(() => highlight(text, text.length > longest ? null : language), [text, language]);
  return marks.map((mark, at) =>
    mark.kind === "plain" ? mark.text : (
      <span key={at} className={`code-${mark.kind}`}>
        {mark.text}
      </span>
    ),
  );
}

/** A block of code inside a document. */
export function CodeBlock({ text, name }: { text: string; name: string }) {
  return (
    <pre tabIndex={0} className="overflow-x-auto rounded-lg border border-line bg-sunken px-3.5 py-3 font-mono text-sm leading-relaxed">
      <code>
        <Marks text={text} language={languageOf(name)} />
      </code>
    </pre>
  );
}

/** A whole file, with line numbers. */
export function CodeFile({ text, language, label }: { text: string; language: string | null; label: string }) {
  const lines = useMemo(() => {
    let count = 1;
    for (let at = text.indexOf("\n"); at >= 0 && at < text.length - 1; at = text.indexOf("\n", at + 1)) ++count;
    return Array.from({ length: count }, (_, line) => line + 1).join("\n");
  }, [text]);
  return (
    <div tabIndex={0} role="region" aria-label={label} className="flex overflow-x-auto font-mono text-sm leading-relaxed">
      <pre aria-hidden className="sticky left-0 border-r border-line bg-panel py-3 pr-3 pl-4 text-right text-faint select-none">
        {lines}
      </pre>
      <pre className="flex-1 px-4 py-3">
        <code>
          <Marks text={text} language={language} />
        </code>
      </pre>
    </div>
  );
}
