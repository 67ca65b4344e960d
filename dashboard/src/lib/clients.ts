// Settings for MCP clients, ready to paste. `secret` is a token, or what stands for one.

export interface Snippet {
  /** Where it goes: a file, or a terminal. */
  where: string;
  language: "json" | "shell" | "toml";
  text: string;
}

export interface Client {
  key: string;
  name: string;
  steps: string[];
  http?: (origin: string, secret: string) => Snippet;
  stdio?: (home: string) => Snippet;
}

const json = (value: unknown) => JSON.stringify(value, null, 2);
const program = (home: string) => ({ command: "openmcp", args: home ? ["--home", home, "mcp"] : ["mcp"] });
const remote = (origin: string, secret: string) => ({ url: `${origin}/mcp`, headers: { Authorization: `Bearer ${secret}` } });
const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

export const placeholder = "YOUR_TOKEN";

export const clients: Client[] = [
  {
    key: "claude-code",
    name: "Claude Code",
    steps: ["Run the command in a terminal.", "Start claude and type /mcp: openmcp is listed as connected."],
    http: (origin, secret) => ({
      where: "in a terminal",
      language: "shell",
      text: `claude mcp add --transport http openmcp ${shellWord(`${origin}/mcp`)} \\\n  --header ${secret === placeholder ? `"Authorization: Bearer ${secret}"` : shellWord(`Authorization: Bearer ${secret}`)}`,
    }),
    stdio: (home) => ({
      where: "in a terminal",
      language: "shell",
      text: `claude mcp add openmcp -- ${["openmcp", ...program(home).args].map(shellWord).join(" ")}`,
    }),
  },
  {
    key: "claude-desktop",
    name: "Claude Desktop",
    steps: [
      "Open Settings, Developer, Edit Config.",
      "Put this into the file (merge it with the servers that are there), save, and start Claude Desktop again.",
      "openmcp must be on the PATH; else write its whole path.",
    ],
    stdio: (home) => ({ where: "claude_desktop_config.json", language: "json", text: json({ mcpServers: { openmcp: program(home) } }) }),
  },
  {
    key: "cursor",
    name: "Cursor",
    steps: ["Put this into the file of your home directory, or .cursor/mcp.json of one project.", "Cursor shows the server under Settings, MCP."],
    http: (origin, secret) => ({ where: "~/.cursor/mcp.json", language: "json", text: json({ mcpServers: { openmcp: remote(origin, secret) } }) }),
    stdio: (home) => ({ where: "~/.cursor/mcp.json", language: "json", text: json({ mcpServers: { openmcp: program(home) } }) }),
  },
  {
    key: "vscode",
    name: "VS Code",
    steps: [
      "Put this into the file of your project, or run “MCP: Open User Configuration”.",
      "VS Code asks for the token once and keeps it in its secret storage.",
    ],
    http: (origin) => ({
      where: ".vscode/mcp.json",
      language: "json",
      text: json({
        inputs: [{ type: "promptString", id: "openmcp-token", description: "OpenMCP token", password: true }],
        servers: { openmcp: { type: "http", url: `${origin}/mcp`, headers: { Authorization: "Bearer ${input:openmcp-token}" } } },
      }),
    }),
    stdio: (home) => ({ where: ".vscode/mcp.json", language: "json", text: json({ servers: { openmcp: { type: "stdio", ...program(home) } } }) }),
  },
  {
    key: "other",
    name: "Another client",
    steps: ["Most clients take one of these two forms. Streamable HTTP is at /mcp; stdio is the command openmcp mcp."],
    http: (origin, secret) => ({ where: "Streamable HTTP", language: "json", text: json({ mcpServers: { openmcp: { type: "http", ...remote(origin, secret) } } }) }),
    stdio: (home) => ({ where: "stdio", language: "json", text: json({ mcpServers: { openmcp: program(home) } }) }),
  },
  {
    key: "curl",
    name: "REST and curl",
    steps: ["The same contexts without MCP. The whole interface is described at /docs."],
    http: (origin, secret) => ({
      where: "in a terminal",
      language: "shell",
      text: [
        `export OPENMCP_TOKEN=${shellWord(secret)}`,
        `curl -H "Authorization: Bearer $OPENMCP_TOKEN" '${origin}/api/v1/search?q=durable'`,
        `curl -H "Authorization: Bearer $OPENMCP_TOKEN" -H 'Content-Type: application/json' \\`,
        `  -d '{"type":"decision","title":"Port","content":"We listen on 7777."}' ${origin}/api/v1/contexts/`,
      ].join("\n"),
    }),
  },
];
