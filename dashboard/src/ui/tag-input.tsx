import { X } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent } from "react";

interface TagInputProps {
  id: string;
  value: readonly string[];
  onChange: (tags: string[]) => void;
  suggestions?: readonly string[];
  placeholder?: string;
  describedBy?: string;
}

/** Tags as chips: Enter or a comma takes what is typed, Backspace in the empty field gives the last one back. */
export function TagInput({ id, value, onChange, suggestions = [], placeholder, describedBy }: TagInputProps) {
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const take = (text: string) => {
    const fresh = text.split(",").map((tag) => tag.trim()).filter((tag) => tag && !value.includes(tag));
    if (fresh.length) onChange([...value, ...new Set(fresh)]);
    setTyped("");
  };
  const key = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if ((event.key === "Enter" || event.key === ",") && typed.trim()) {
      event.preventDefault();
      take(typed);
    } else if (event.key === "Backspace" && !typed && value.length) {
      setTyped(value.at(-1)!);
      onChange(value.slice(0, -1));
      event.preventDefault();
    }
  };
  return (
    <div
      onClick={() => field.current?.focus()}
      className="flex min-h-8 w-full flex-wrap items-center gap-1 rounded-md border border-line-strong/80 bg-raised px-1.5 py-1 focus-within:border-accent focus-within:outline-1 focus-within:outline-accent"
    >
      {value.map((tag) => (
        <span key={tag} className="inline-flex h-5 max-w-full items-center gap-0.5 rounded bg-accent-wash pr-0.5 pl-1.5 text-xs text-accent">
          <span className="truncate">{tag}</span>
          <button
            type="button"
            aria-label={`Remove tag ${tag}`}
            onClick={() => {
              onChange(value.filter((one) => one !== tag));
              field.current?.focus();
            }}
            className="rounded p-0.5 hover:bg-hover"
          >
            <X size={10} />
          </button>
        </span>
      ))}
      <input
        ref={field}
        id={id}
        value={typed}
        list={list}
        maxLength={256}
        autoComplete="off"
        aria-describedby={describedBy}
        placeholder={value.length ? "" : placeholder}
        onChange={(event) => (event.target.value.endsWith(",") ? take(event.target.value) : setTyped(event.target.value))}
        onKeyDown={key}
        onBlur={() => typed.trim() && take(typed)}
        className="h-5 min-w-24 flex-1 bg-transparent px-1 text-sm outline-none focus-visible:outline-none"
      />
      <datalist id={list}>
        {suggestions.filter((tag) => !value.includes(tag)).slice(0, 100).map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </div>
  );
}
