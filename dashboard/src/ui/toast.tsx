import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { ApiError } from "../lib/api.ts";

interface Message {
  key: number;
  good: boolean;
  title: string;
  detail: string;
}

interface Say {
  done: (title: string, detail?: string) => void;
  failed: (doing: string, error: unknown) => void;
}

const Context = createContext<Say>({ done: () => {}, failed: () => {} });
export const useToast = () => useContext(Context);

let keys = 0;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [messages, setMessages] = useState<Message[]>([]);
  const put = useCallback((good: boolean, title: string, detail: string) => {
    setMessages((all) => [...all.slice(-3), { key: ++keys, good, title, detail }]);
  }, []);
  const say = useMemo<Say>(
    () => ({
      done: (title, detail = "") => put(true, title, detail),
      failed: (doing, error) => {
        const message = error instanceof Error ? error.message : String(error);
        put(false, `${doing} did not work: ${message}`, error instanceof ApiError ? error.hint : "");
      },
    }),
    [put],
  );
  return (
    <Context.Provider value={say}>
      <Radix.Provider swipeDirection="right" label="Message">
        {children}
        {messages.map(({ key, good, title, detail }) => (
          <Radix.Root
            key={key}
            duration={good ? 4000 : 12000}
            onOpenChange={(open) => !open && setMessages((all) => all.filter((one) => one.key !== key))}
            className="arrive flex items-start gap-2.5 rounded-lg border border-line bg-raised p-3 shadow-float"
          >
            {good ? (
              <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-good" />
            ) : (
              <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-bad" />
            )}
            <div className="min-w-0 flex-1">
              <Radix.Title className="clip-words text-sm font-medium">{title}</Radix.Title>
              {detail && <Radix.Description className="clip-words text-xs text-soft">{detail}</Radix.Description>}
            </div>
            <Radix.Close aria-label="Close" className="rounded p-0.5 text-faint hover:text-ink">
              <X size={14} />
            </Radix.Close>
          </Radix.Root>
        ))}
        <Radix.Viewport className="fixed right-4 bottom-4 z-[60] flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2" />
      </Radix.Provider>
    </Context.Provider>
  );
}
