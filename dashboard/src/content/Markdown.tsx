// Markdown as React elements: marked reads it into tokens, and only the elements named here come out. HTML in the text is
// shown as the text it is, so nothing that was stored can run, style or load anything in this page.
import { marked, type Token, type Tokens } from "marked";
import { Fragment, createElement, useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import { decodeEntities, linkTarget } from "../lib/links.ts";
import { CodeBlock } from "./Code.tsx";

const deepest = 40; // of quotes in lists in quotes...

function link(href: string, title: string | null | undefined, children: ReactNode): ReactNode {
  const target = linkTarget(decodeEntities(href));
  if (target?.kind === "context") return <Link to={`/contexts/${target.id}`}>{children}</Link>;
  if (target?.kind === "outside") {
    return (
      <a href={target.href} target="_blank" rel="noopener noreferrer nofollow" title={title ? decodeEntities(title) : undefined}>
        {children}
      </a>
    );
  }
  return <span title={href}>{children}</span>;
}

function inline(tokens: Token[] | undefined, depth: number): ReactNode {
  return tokens?.map((token, at) => <Fragment key={at}>{one(token, depth)}</Fragment>);
}

function cells(row: Tokens.TableCell[], tag: "th" | "td", depth: number): ReactNode {
  return row.map((cell, at) =>
    createElement(
      tag,
      { key: at, ...(tag === "th" ? { scope: "col" } : {}), className: cell.align === "right" ? "text-right" : undefined },
      inline(cell.tokens, depth),
    ),
  );
}

function one(token: Token, depth: number): ReactNode {
  if (depth > deepest) return token.raw;
  const inner = depth + 1;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      // The page has the first level itself.
      return createElement(`h${Math.min(token.depth + 1, 6)}`, { "data-depth": token.depth }, inline(token.tokens, inner));
    case "paragraph":
      return <p>{inline(token.tokens, inner)}</p>;
    case "text":
      return token.tokens ? inline(token.tokens, inner) : decodeEntities(token.text);
    case "escape":
      return token.text;
    case "strong":
      return <strong>{inline(token.tokens, inner)}</strong>;
    case "em":
      return <em>{inline(token.tokens, inner)}</em>;
    case "del":
      return <del>{inline(token.tokens, inner)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "blockquote":
      return <blockquote>{inline(token.tokens, inner)}</blockquote>;
    case "code":
      return <CodeBlock text={token.text} name={token.lang?.split(/\s/)[0] ?? ""} />;
    case "link":
      return link(token.href, token.title, inline(token.tokens, inner));
    case "image":
      // Not loaded: a picture from elsewhere tells its server that somebody reads this.
      return link(token.href, token.title, `image: ${decodeEntities(token.text) || token.href}`);
    case "list": {
      const items = (token as Tokens.List).items.map((item, at) => (
        <li key={at} className={item.task ? "list-none" : undefined}>
          {item.task && (
            <input type="checkbox" checked={item.checked ?? false} disabled readOnly aria-label={item.checked ? "done" : "open"} className="mr-2 -ml-5" />
          )}
          {inline(
            item.tokens.filter((part) => part.type !== "checkbox"),
            inner,
          )}
        </li>
      ));
      return token.ordered ? <ol start={token.start || 1}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return (
        <div tabIndex={0} role="region" aria-label="Table" className="overflow-x-auto">
          <table>
            <thead>
              <tr>{cells((token as Tokens.Table).header, "th", inner)}</tr>
            </thead>
            <tbody>
              {(token as Tokens.Table).rows.map((row, at) => (
                <tr key={at}>{cells(row, "td", inner)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "checkbox":
      return null;
    default:
      return token.raw; // HTML, and whatever a later marked may add
  }
}

export function Markdown({ text }: { text: string }) {
  const tokens = useMemo(() => {
    try {
      return marked.lexer(text, { gfm: true });
    } catch {
      return null; // nested beyond what the reader can take
    }
  }, [text]);
  if (!tokens) return <pre className="px-1 font-mono text-sm whitespace-pre-wrap">{text}</pre>;
  return <div className="prose">{inline(tokens, 0)}</div>;
}
