import { cx } from "class-variance-authority";
import { useQuery } from "@tanstack/react-query";
import { CircleHelp, CornerDownLeft, LogOut, Moon, Search } from "lucide-react";
import { useDeferredValue, useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { query, request } from "../lib/api.ts";
import type { Role, SearchPage } from "../lib/types.ts";
import { TypeIcon } from "../ui/bits.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { pages } from "./pages.ts";
import { useSession } from "./session.tsx";
import { isDark, setTheme } from "./theme.ts";

interface Item {
  key: string;
  group: string;
  icon: ReactNode;
  text: string;
  note?: string;
  run: () => void;
}

function useDelayed(value: string, milliseconds: number) {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return late;
}

const order: Role[] = ["reader", "writer", "admin"];

function Body({ close, onHelp }: { close: () => void; onHelp: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const box = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const { session, signOut } = useSession();
  const asked = useDelayed(text.trim(), 150);
  const found = useQuery({
    queryKey: ["contexts", "palette", asked],
    queryFn: ({ signal }) => request<SearchPage>(`/search${query({ q: asked, limit: 6 })}`, { signal }),
    enabled: asked.length >= 2,
    placeholderData: (before) => before,
  });
  const hits = useDeferredValue(found.data);

  const wanted = text.trim().toLowerCase();
  const matches = (name: string) => wanted.split(/\s+/).every((word) => name.toLowerCase().includes(word));
  const items: Item[] = [];
  if (wanted) {
    items.push({
      key: "search", group: "Search", icon: <Search size={15} />, text: `Search for “${text.trim()}”`,
      run: () => void navigate(`/search${query({ q: text.trim() })}`),
    }); // prettier-ignore
    for (const hit of asked.length >= 2 ? (hits?.contexts ?? []) : []) {
      items.push({
        key: hit.id, group: "Contexts", icon: <TypeIcon type={hit.type} />, text: hit.title || hit.id, note: hit.type,
        run: () => void navigate(`/contexts/${hit.id}`),
      }); // prettier-ignore
    }
  }
  for (const page of pages) {
    if (!session || order.indexOf(session.role) < order.indexOf(page.needs) || !matches(page.name)) continue;
    items.push({
      key: page.path, group: "Go to", icon: <page.icon size={15} />, text: page.name, note: `g ${page.go}`,
      run: () => void navigate(page.path),
    }); // prettier-ignore
  }
  const actions: Item[] = [
    { key: "theme", group: "Do", icon: <Moon size={15} />, text: "Switch between light and dark", note: "t", run: () => setTheme(isDark() ? "light" : "dark") },
    { key: "help", group: "Do", icon: <CircleHelp size={15} />, text: "Keyboard shortcuts", note: "?", run: onHelp },
    { key: "out", group: "Do", icon: <LogOut size={15} />, text: "Sign out", run: () => void signOut() },
  ]; // prettier-ignore
  items.push(...actions.filter((item) => matches(item.text)));
  const active = Math.min(at, items.length - 1);

  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active, items.length]);

  const choose = (item: Item | undefined) => {
    if (!item) return;
    close();
    item.run();
  };
  const key = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setAt((active + (event.key === "ArrowDown" ? 1 : items.length - 1)) % Math.max(items.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(items[active]);
    }
  };

  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search size={16} aria-hidden className="text-faint" />
        <input
          role="combobox"
          aria-label="Find or do"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={items.length ? `${list}-${active}` : undefined}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          placeholder="Find a context, a page or an action…"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={key}
          className="h-12 w-full bg-transparent text-base outline-none focus-visible:outline-none"
        />
      </div>
      <div ref={box} id={list} role="listbox" aria-label="Results" className="min-h-0 overflow-y-auto p-2">
        {items.map((item, row) => (
          <div key={item.key} role="presentation">
            {item.group !== items[row - 1]?.group && (
              <div role="presentation" className="px-2 pt-2 pb-1 text-xs text-faint">
                {item.group}
              </div>
            )}
            <div
              id={`${list}-${row}`}
              role="option"
              aria-selected={row === active}
              onClick={() => choose(item)}
              onMouseMove={() => setAt(row)}
              className={cx("flex h-9 items-center gap-2.5 rounded-md px-2 text-sm", row === active && "bg-accent-wash")}
            >
              <span aria-hidden className="text-faint">
                {item.icon}
              </span>
              <span className="min-w-0 flex-1 truncate">{item.text}</span>
              {row === active ? (
                <CornerDownLeft size={13} aria-hidden className="text-faint" />
              ) : (
                item.note && <span className="font-mono text-2xs text-faint">{item.note}</span>
              )}
            </div>
          </div>
        ))}
        {items.length === 0 && <p className="px-2 py-6 text-center text-sm text-faint">Nothing of that name.</p>}
      </div>
    </>
  );
}

interface PaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onHelp: () => void;
}

export function CommandPalette({ open, onOpenChange, onHelp }: PaletteProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Find or do" hideTitle className="max-w-xl overflow-hidden">
      <Body close={() => onOpenChange(false)} onHelp={onHelp} />
    </Dialog>
  );
}
