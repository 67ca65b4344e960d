import { useEffect, useRef } from "react";

export const onMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Whether there is a keyboard: on a phone a field that takes the focus by itself only hides the page. */
export const typesHere = matchMedia("(pointer: fine)").matches;

interface Actions {
  palette: () => void;
  help: () => void;
  create: () => void;
  theme: () => void;
  go: (second: string) => void;
  row: (step: number) => void;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Single keys are commands only where nobody types and no dialog or menu is open. */
export function useKeys(actions: Actions) {
  const held = useRef(actions);
  useEffect(() => {
    held.current = actions;
  });
  useEffect(() => {
    let first = 0; // when "g" was pressed
    const down = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key === "k") {
        event.preventDefault();
        held.current.palette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="menu"]')) return;
      if (event.timeStamp - first < 1200 && first > 0) {
        first = 0;
        event.preventDefault();
        held.current.go(key);
        return;
      }
      const run: Record<string, () => void> = {
        "/": held.current.palette,
        "?": held.current.help,
        g: () => {
          first = event.timeStamp;
        },
        n: held.current.create,
        t: held.current.theme,
        j: () => held.current.row(1),
        k: () => held.current.row(-1),
      };
      const action = run[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, []);
}
