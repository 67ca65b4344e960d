/// <reference types="vitest/config" />
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { mockApi } from "./mock/plugin.ts";

/** A .gz beside every file that gets smaller: the server sends it as it is. From the files as they were written, because
 * Vite still changes chunks at the end of generateBundle. */
function precompressed(): Plugin {
  return {
    name: "precompressed",
    apply: "build",
    writeBundle(options) {
      const folder = options.dir!;
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || /\.(woff2|png|gz)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const packed = gzipSync(bytes, { level: 9 });
        if (packed.length < bytes.length * 0.9) writeFileSync(`${path}.gz`, packed);
      }
    },
  };
}

/** The licences of what is bundled, as their terms ask. Fonts and style sheets are not modules of the graph. */
function licences(): Plugin {
  const require = createRequire(import.meta.url);
  return {
    name: "licences",
    apply: "build",
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const id of ["@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono", "tailwindcss"]) {
        folders.add(dirname(require.resolve(`${id}/package.json`)));
      }
      for (const file of Object.values(bundle)) {
        if (file.type !== "chunk") continue;
        for (const id of Object.keys(file.modules)) {
          const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/^\0/, ""))?.[1];
          if (folder) folders.add(folder);
        }
      }
      const parts: string[] = [];
      for (const folder of [...folders].sort()) {
        const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
        let text = "";
        for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE"]) {
          try {
            text = readFileSync(join(folder, name), "utf8").trim();
            break;
          } catch {
            // The next name.
          }
        }
        parts.push(`${about.name} ${about.version} (${about.license})\n\n${text}\n`);
      }
      this.emitFile({ type: "asset", fileName: "licenses.txt", source: parts.join(`\n${"-".repeat(80)}\n\n`) });
    },
  };
}

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), licences(), precompressed(), ...(mode === "mock" ? [mockApi()] : [])],
  build: {
    outDir: process.env.OPENMCP_DASHBOARD_OUT ?? "../build/dashboard",
    emptyOutDir: true,
    target: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0, // The policy of the page allows no data: URLs.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { fs: { strict: false } },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
}));
