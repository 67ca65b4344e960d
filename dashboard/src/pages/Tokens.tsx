import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState, type FormEvent } from "react";
import { useMay, useSession } from "../app/session.tsx";
import { useTitle } from "../app/title.ts";
import { request } from "../lib/api.ts";
import { dateOf } from "../lib/format.ts";
import { queries } from "../lib/queries.ts";
import type { Role, Token } from "../lib/types.ts";
import { Badge, Card, CopyButton, Empty, PageHead, Skeleton, Time } from "../ui/bits.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, Input, Select } from "../ui/field.tsx";
import { Notice, Problem } from "../ui/notice.tsx";
import { columnsOf, DataTable, type Columns } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";

const day = 86_400;
const ends: [string, number][] = [
  ["in 7 days", 7 * day],
  ["in 30 days", 30 * day],
  ["in 90 days", 90 * day],
  ["in a year", 365 * day],
  ["never", 0],
];
const roles: [Role, string][] = [
  ["reader", "reader: may read and search"],
  ["writer", "writer: may also commit, change and forget"],
  ["admin", "admin: may also manage tokens and read the audit log"],
];

function Create({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("reader");
  const [bound, setBound] = useState(false);
  const [expires, setExpires] = useState(90 * day);
  const [secret, setSecret] = useState("");
  const status = useQuery(queries.status());
  const client = useQueryClient();
  const workspace = status.data?.workspace ?? "";
  const create = useMutation({
    mutationFn: () =>
      request<{ token: Token; secret: string }>("/tokens", {
        method: "POST",
        body: { name: name.trim(), role, workspace: bound ? workspace : "", ...(expires ? { expires_in_seconds: expires } : {}) },
      }),
    onSuccess: (made) => {
      setSecret(made.secret);
      void client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  const close = (to: boolean) => {
    if (!to) {
      setSecret("");
      setName("");
      create.reset();
    }
    onOpenChange(to);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) create.mutate();
  };
  if (secret) {
    return (
      <Dialog open={open} onOpenChange={close} title="Copy the token now" description="It is shown this once. Only a hash of it is kept.">
        <div className="space-y-4 px-5 pt-3 pb-5">
          <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-2 pr-2 pl-3">
            <code data-secret className="min-w-0 flex-1 font-mono text-xs break-all">
              {secret}
            </code>
            <CopyButton text={secret} label="Copy the token" />
          </div>
          <p className="text-sm text-soft">
            Clients send it as <code className="font-mono">Authorization: Bearer …</code>. Whoever has it may do what a {role} may.
          </p>
          <div className="flex justify-end">
            <Button variant="primary" onClick={() => close(false)}>
              I have it
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open={open} onOpenChange={close} title="New token">
      <form onSubmit={submit} className="space-y-4 overflow-y-auto px-5 pt-3 pb-5">
        <Field label="Name" id="token-name" hint="Who or what uses it; appears in the audit log">
          <Input id="token-name" required maxLength={100} placeholder="cursor on my laptop" value={name} aria-describedby="token-name-note" onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="Role" id="token-role">
          <Select id="token-role" value={role} onChange={(event) => setRole(event.target.value as Role)}>
            {roles.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Ends" id="token-end">
          <Select id="token-end" value={expires} onChange={(event) => setExpires(Number(event.target.value))}>
            {ends.map(([text, seconds]) => (
              <option key={text} value={seconds}>
                {text}
              </option>
            ))}
          </Select>
        </Field>
        {workspace && (
          <label className="flex items-center gap-2 text-sm">
            <input type="checkbox" checked={bound} onChange={(event) => setBound(event.target.checked)} className="accent-accent-fill" />
            Only for the workspace “{workspace}”
          </label>
        )}
        {create.isError && <Problem error={create.error} doing="Making the token" />}
        <div className="flex justify-end gap-2">
          <Button variant="ghost" onClick={() => close(false)}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" disabled={!name.trim() || create.isPending}>
            <KeyRound size={14} /> Make it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function state(token: Token): "revoked" | "expired" | "active" {
  if (token.revoked) return "revoked";
  return token.expires && Date.parse(token.expires) < Date.now() ? "expired" : "active";
}

function Revoke({ token, onClose }: { token: Token | null; onClose: () => void }) {
  const client = useQueryClient();
  const toast = useToast();
  const revoke = useMutation({
    mutationFn: () => request(`/tokens/${encodeURIComponent(token?.id ?? "")}`, { method: "DELETE" }),
    onSuccess: () => {
      toast.done(`“${token?.name ?? ""}” is revoked`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["tokens"] }),
  });
  return (
    <Dialog
      open={token !== null}
      onOpenChange={(open) => {
        if (open) return;
        revoke.reset();
        onClose();
      }}
      title={`Revoke “${token?.name ?? ""}”?`}
      description="Whoever uses it is refused from now on, and pages signed in with it are signed out. It cannot be taken back; make a new token instead."
    >
      <div className="space-y-4 px-5 pt-3 pb-5">
        {revoke.isError && <Problem error={revoke.error} doing="Revoking" />}
        <div className="flex justify-end gap-2">
          <Button variant="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button variant="danger" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
            Revoke
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

const helper = columnsOf<Token>();
const looks = { workspace: "hidden lg:table-cell", created: "hidden lg:table-cell", used: "hidden sm:table-cell", expires: "hidden md:table-cell", act: "text-right" };

export default function Tokens() {
  useTitle("Tokens");
  const admin = useMay("admin");
  const { session } = useSession();
  const tokens = useQuery({ ...queries.tokens(), enabled: admin });
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const columns = useMemo<Columns<Token>>(
    () => [
      helper.accessor("name", {
        header: "Name",
        sortFn: "alphanumeric",
        cell: ({ row: { original: token } }) => (
          <span className="block min-w-0">
            <span className="clip-words block font-medium">
              {token.name} {token.name === session?.name && <span className="text-xs font-normal text-faint">(this session)</span>}
            </span>
            <code className="font-mono text-xs text-faint">{token.id}</code>
          </span>
        ),
      }),
      helper.accessor("role", { header: "Role", sortFn: "alphanumeric", cell: ({ row }) => <Badge>{row.original.role}</Badge> }),
      helper.accessor("workspace", { header: "Workspace", enableSorting: false, cell: ({ row }) => row.original.workspace || <span className="text-faint">any</span> }),
      helper.accessor("created", { header: "Made", sortFn: "basic", cell: ({ row }) => <Time value={row.original.created} className="text-soft" /> }),
      helper.accessor("used", {
        header: "Last used",
        sortFn: "basic",
        cell: ({ row }) => (row.original.used ? <Time value={row.original.used} className="text-soft" /> : <span className="text-faint">never</span>),
      }),
      helper.accessor("expires", {
        header: "Ends",
        sortFn: "basic",
        cell: ({ row }) => (row.original.expires ? <span className="tnum whitespace-nowrap text-soft">{dateOf(row.original.expires)}</span> : <span className="text-faint">never</span>),
      }),
      helper.display({
        id: "act",
        header: () => <span className="sr-only">State</span>,
        cell: ({ row: { original: token } }) =>
          state(token) === "active" ? (
            <Button variant="danger-ghost" size="sm" aria-label={`Revoke ${token.name}`} onClick={() => setRevoking(token)}>
              Revoke
            </Button>
          ) : (
            <Badge tone={state(token) === "revoked" ? "bad" : "warn"}>{state(token)}</Badge>
          ),
      }),
    ],
    [session?.name],
  );
  if (!admin) {
    return (
      <>
        <PageHead title="Tokens" />
        <Notice tone="warn" title="Only an admin's token may see and make tokens">
          Sign in with the store's first token, or use <code className="font-mono">openmcp token</code> on the machine of the store.
        </Notice>
      </>
    );
  }
  return (
    <>
      <PageHead
        title="Tokens"
        note="Who may use this server, and what for"
        actions={
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus size={14} /> New token
          </Button>
        }
      />
      {tokens.isError ? (
        <Problem error={tokens.error} doing="Reading the tokens" retry={() => void tokens.refetch()} />
      ) : (
        <Card className="overflow-x-auto">
          {tokens.isPending ? (
            <Skeleton />
          ) : tokens.data.length === 0 ? (
            <Empty icon={KeyRound} title="No tokens" />
          ) : (
            <DataTable label="Tokens" data={tokens.data} columns={columns} rowId={(row) => row.id} looks={looks} />
          )}
        </Card>
      )}
      <Create open={creating} onOpenChange={setCreating} />
      <Revoke token={revoking} onClose={() => setRevoking(null)} />
    </>
  );
}
