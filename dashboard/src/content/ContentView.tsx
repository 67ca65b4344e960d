// Content in the form that fits it: pictures, conversations as turns, code with colours, Markdown as a document, else text.
import { FileQuestion } from "lucide-react";
import { useMemo, useState } from "react";
import { bytes } from "../lib/format.ts";
import { guessLanguage } from "../lib/highlight.ts";
import { readTurns } from "../lib/turns.ts";
import { Empty } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { CodeFile } from "./Code.tsx";
import { Conversation } from "./Conversation.tsx";
import { Markdown } from "./Markdown.tsx";

export interface Shown {
  type: string;
  mediaType: string;
  source: string;
  content: string | null;
  omitted?: string | undefined;
  size: number;
  /** Where the bytes are, for pictures and for saving; undefined in a preview of what is not saved. */
  url?: string | undefined;
}

type Form = "conversation" | "code" | "markdown" | "plain";
const forms: Record<Form, string> = { conversation: "Turns", markdown: "Document", code: "Code", plain: "Plain" };
const pictures = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"]);
const firstPart = 512 * 1024; // characters that are shown at once

function looksLikeMarkdown(text: string) {
  return /^(#{1,6} |[-*] |\d+\. |> |```|\|.*\|)/m.test(text.slice(0, 20_000)) || /\[[^\]]+\]\([^)]+\)|\*\*[^*]+\*\*/.test(text.slice(0, 20_000));
}

function formOf(shown: Shown, text: string, hasTurns: boolean, language: string | null): Form {
  if (hasTurns && (shown.type === "conversation" || shown.mediaType.includes("ndjson") || shown.mediaType.includes("jsonl"))) {
    return "conversation";
  }
  if (shown.mediaType === "text/markdown" || /\.(md|markdown)$/i.test(shown.source)) return "markdown";
  if (shown.type === "code" || shown.mediaType === "application/json") return "code";
  if (shown.type === "documentation" || shown.type === "decision" || shown.type === "conversation") return "markdown";
  if (language && shown.source) return "code";
  return looksLikeMarkdown(text) ? "markdown" : "plain";
}

function Text({ shown, text }: { shown: Shown; text: string }) {
  const turns = useMemo(() => (shown.type === "conversation" || text.trimStart().startsWith("{") ? readTurns(text) : null), [shown.type, text]);
  const language = useMemo(() => guessLanguage(shown.source, shown.mediaType, text), [shown.source, shown.mediaType, text]);
  const fitting = formOf(shown, text, turns !== null, language);
  const [chosen, setChosen] = useState<Form | null>(null);
  const [whole, setWhole] = useState(false);
  const form = chosen === "conversation" && !turns ? fitting : (chosen ?? fitting);
  const part = whole || text.length <= firstPart ? text : text.slice(0, firstPart);
  return (
    <>
      <div className="flex min-h-10 items-center justify-between gap-2 border-b border-line px-2">
        <div role="group" aria-label="Shown as" className="flex">
          {(Object.keys(forms) as Form[])
            .filter((one) => one !== "conversation" || turns)
            .map((one) => (
              <Button key={one} variant="ghost" size="sm" aria-pressed={form === one} onClick={() => setChosen(one)}>
                {forms[one]}
              </Button>
            ))}
        </div>
        {form === "code" && <span className="pr-2 text-xs text-faint">{language ?? "text"}</span>}
      </div>
      {text === "" ? (
        <p className="p-5 text-sm text-faint">The content is empty.</p>
      ) : form === "conversation" && turns ? (
        <Conversation turns={turns} />
      ) : form === "code" ? (
        <CodeFile text={part} language={language} label="Content" />
      ) : form === "markdown" ? (
        <div className="p-4 sm:px-6 sm:py-5">
          <Markdown text={part} />
        </div>
      ) : (
        <pre tabIndex={0} className="clip-words px-5 py-4 font-mono text-sm leading-relaxed whitespace-pre-wrap">
          {part}
        </pre>
      )}
      {part.length < text.length && (
        <div className="border-t border-line p-4">
          <Button onClick={() => setWhole(true)}>Show all of it ({bytes(shown.size)})</Button>
        </div>
      )}
    </>
  );
}

export function ContentView({ shown }: { shown: Shown }) {
  if (shown.url && pictures.has(shown.mediaType)) {
    return (
      <div className="flex justify-center bg-sunken p-4">
        <img src={shown.url} alt={`Content (${shown.mediaType})`} className="max-h-[70vh] max-w-full rounded" />
      </div>
    );
  }
  if (shown.content === null) {
    return (
      <Empty icon={FileQuestion} title="No text to show">
        <p>
          {shown.omitted ?? "The content is not text"} ({shown.mediaType || "unknown media type"}, {bytes(shown.size)}).
        </p>
        {shown.url && (
          <Button asChild className="mt-3">
            <a href={shown.url} download>
              Save the bytes
            </a>
          </Button>
        )}
      </Empty>
    );
  }
  return <Text shown={shown} text={shown.content} />;
}
