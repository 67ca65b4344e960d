import { KeyRound } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import { ApiError } from "../lib/api.ts";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Notice } from "../ui/notice.tsx";
import { Logo } from "./Logo.tsx";
import { useSession } from "./session.tsx";

export function SignIn() {
  const { signIn, reason } = useSession();
  const [secret, setSecret] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Sign in · OpenMCP";
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const token = secret.trim();
    if (!token) return setError("Paste a token first.");
    setBusy(true);
    setError("");
    try {
      await signIn(token);
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) setError(`The server refused this token: ${failure.message}`);
      else if (failure instanceof ApiError) setError(`${failure.message} ${failure.hint}`);
      else setError(String(failure));
      setBusy(false);
    }
  };

  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Logo size={36} />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">Sign in to OpenMCP</h1>
            <p className="text-sm text-soft">{location.host}</p>
          </div>
        </div>
        {reason && (
          <Notice tone="warn" title="You are signed out" className="mb-4">
            {reason}
          </Notice>
        )}
        <form onSubmit={(event) => void submit(event)} className="rounded-xl border border-line bg-panel p-5">
          <Field label="Token" id="token" error={error}>
            <Input
              id="token"
              type="password"
              autoComplete="off"
              autoFocus
              spellCheck={false}
              placeholder="omcp_…"
              value={secret}
              aria-invalid={error !== ""}
              aria-describedby="token-note"
              onChange={(event) => setSecret(event.target.value)}
              className="h-9 font-mono"
            />
          </Field>
          <Button type="submit" variant="primary" size="lg" disabled={busy} className="mt-4 w-full">
            <KeyRound size={15} /> {busy ? "Signing in…" : "Sign in"}
          </Button>
        </form>
        <div className="mt-5 space-y-2 text-sm text-soft">
          <p>
            The first token was made with the store. It is in the file <code className="font-mono text-ink">&lt;store&gt;/token</code>, which
            only you can read:
          </p>
          <pre className="overflow-x-auto rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs text-ink">cat .openmcp/token</pre>
          <p>
            <code className="font-mono">openmcp status</code> names the store's directory, and{" "}
            <code className="font-mono">openmcp token create</code> makes more tokens.
          </p>
        </div>
      </div>
    </main>
  );
}
