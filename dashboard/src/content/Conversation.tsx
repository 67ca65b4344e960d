import { cx } from "class-variance-authority";
import { Bot, User, Wrench } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { count, dateTime } from "../lib/format.ts";
import type { Turn } from "../lib/turns.ts";
import { Markdown } from "./Markdown.tsx";

const pageSize = 200;

function look(speaker: string) {
  const name = speaker.toLowerCase();
  if (/assistant|model|^ai$|bot|claude|gpt|agent/.test(name)) return { icon: Bot, tint: "bg-accent-wash text-accent" };
  if (/tool|system|function|developer/.test(name)) return { icon: Wrench, tint: "bg-sunken text-faint" };
  return { icon: User, tint: "bg-good-wash text-good" };
}

function when(time: string) {
  if (!time) return "";
  const number = Number(time);
  // Seconds since 1970, as chat exports have it.
  return dateTime(Number.isFinite(number) ? new Date(number * 1000).toISOString() : time);
}

export function Conversation({ turns }: { turns: Turn[] }) {
  const [shown, setShown] = useState(pageSize);
  return (
    <>
      <ol aria-label="Turns" className="space-y-5 p-4 sm:p-5">
        {turns.slice(0, shown).map((turn, at) => {
          const { icon: Icon, tint } = look(turn.speaker);
          return (
            <li key={at} className="flex gap-3">
              <span className={cx("mt-0.5 flex size-7 shrink-0 items-center justify-center rounded-full", tint)}>
                <Icon size={14} aria-hidden />
              </span>
              <div className="min-w-0 flex-1">
                <p className="mb-0.5 flex flex-wrap items-baseline gap-x-2 text-sm">
                  <span className="font-semibold">{turn.speaker || "unknown"}</span>
                  {turn.time && <span className="tnum text-xs text-faint">{when(turn.time)}</span>}
                </p>
                <Markdown text={turn.text} />
              </div>
            </li>
          );
        })}
      </ol>
      {shown < turns.length && (
        <div className="px-5 pb-5">
          <Button onClick={() => setShown(shown + 1000)}>Show more of {count(turns.length)} turns</Button>
        </div>
      )}
    </>
  );
}
