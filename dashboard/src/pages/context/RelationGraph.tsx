import { cx } from "class-variance-authority";
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Simulation, type SimulationLinkDatum, type SimulationNodeDatum } from "d3-force";
import { useEffect, useRef, useState, type PointerEvent } from "react";
import { useNavigate } from "react-router";
import { plural } from "../../lib/format.ts";
import type { Graph } from "../../lib/types.ts";
import { typeLook } from "../../ui/bits.tsx";

interface Node extends SimulationNodeDatum {
  id: string;
  title: string;
  type: string;
}
interface Edge extends SimulationLinkDatum<Node> {
  kind: string;
}

const short = (text: string) => (text.length > 26 ? `${text.slice(0, 25)}…` : text);

function build(graph: Graph, center: string): Simulation<Node, Edge> {
  const nodes: Node[] = graph.nodes.map((node) => ({ ...node, ...(node.id === center ? { fx: 0, fy: 0 } : {}) }));
  const there = new Set(nodes.map((node) => node.id));
  const edges: Edge[] = graph.edges
    .filter((edge) => there.has(edge.from) && there.has(edge.to))
    .map((edge) => ({ source: edge.from, target: edge.to, kind: edge.kind }));
  const crowd = nodes.length > 40 ? 0.5 : 1;
  return forceSimulation(nodes)
    .force("link", forceLink<Node, Edge>(edges).id((node) => node.id).distance(125 * crowd))
    .force("charge", forceManyBody().strength(-420 * crowd))
    .force("collide", forceCollide(34 * crowd))
    .force("x", forceX(0).strength(0.05))
    .force("y", forceY(0).strength(0.09))
    .stop()
    .tick(260); // Laid out before it is first seen: nothing flies about.
}

/** A picture of the relations. The lists beside it say the same, for the keyboard and for readers. */
export function RelationGraph({ graph, center }: { graph: Graph; center: string }) {
  const [, redraw] = useState(0);
  const held = useRef<{ graph: Graph; simulation: Simulation<Node, Edge> } | null>(null);
  if (held.current?.graph !== graph) {
    held.current?.simulation.stop();
    held.current = { graph, simulation: build(graph, center) };
  }
  const { simulation } = held.current;
  const nodes = simulation.nodes();
  const edges = (simulation.force("link") as ReturnType<typeof forceLink<Node, Edge>>).links();
  const svg = useRef<SVGSVGElement>(null);
  const drag = useRef<{ node: Node; moved: boolean; x: number; y: number } | null>(null);
  const [over, setOver] = useState("");
  const navigate = useNavigate();
  useEffect(() => () => void simulation.stop(), [simulation]);

  const xs = nodes.map((node) => node.x ?? 0);
  const ys = nodes.map((node) => node.y ?? 0);
  // The view is fixed while somebody drags, or the ground would move under the pointer.
  const box = useRef({ x: 0, y: 0, width: 0, height: 0 });
  if (!drag.current) {
    const left = Math.min(-290, ...xs.map((x) => x - 90));
    const right = Math.max(290, ...xs.map((x) => x + 90));
    const top = Math.min(-150, ...ys.map((y) => y - 40));
    const bottom = Math.max(150, ...ys.map((y) => y + 46));
    box.current = { x: left, y: top, width: right - left, height: bottom - top };
  }
  const { x, y, width, height } = box.current;

  const place = (event: PointerEvent) => {
    const matrix = svg.current?.getScreenCTM()?.inverse();
    return matrix ? new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix) : new DOMPoint();
  };
  const down = (event: PointerEvent<SVGGElement>, node: Node) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { node, moved: false, x: event.clientX, y: event.clientY };
  };
  const move = (event: PointerEvent) => {
    const now = drag.current;
    if (!now) return;
    if (!now.moved && Math.hypot(event.clientX - now.x, event.clientY - now.y) < 4) return;
    if (!now.moved) {
      now.moved = true;
      simulation.on("tick", () => redraw((n) => n + 1)).alphaTarget(0.25).restart();
    }
    const at = place(event);
    now.node.fx = at.x;
    now.node.fy = at.y;
  };
  const up = () => {
    const now = drag.current;
    drag.current = null;
    if (!now) return;
    if (!now.moved) {
      if (now.node.id !== center) void navigate(`/contexts/${now.node.id}?tab=relations`);
      return;
    }
    if (now.node.id !== center) now.node.fx = now.node.fy = null;
    simulation.alphaTarget(0);
  };

  const near = (id: string) => id === over || edges.some((edge) => ((edge.source as Node).id === over && (edge.target as Node).id === id) || ((edge.target as Node).id === over && (edge.source as Node).id === id));
  return (
    <svg
      ref={svg}
      role="img"
      aria-label={`Graph of ${plural(nodes.length, "context")} and ${plural(edges.length, "relation")}; listed below`}
      viewBox={`${x} ${y} ${width} ${height}`}
      className="h-80 w-full touch-none select-none sm:h-96"
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
    >
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M1 1 7 4 1 7" fill="none" className="stroke-faint" strokeWidth="1.3" />
        </marker>
      </defs>
      {edges.map((edge, at) => {
        const from = edge.source as Node;
        const to = edge.target as Node;
        const [x1, y1, x2, y2] = [from.x ?? 0, from.y ?? 0, to.x ?? 0, to.y ?? 0];
        const length = Math.hypot(x2 - x1, y2 - y1) || 1;
        const cut = 16 / length;
        const dim = over !== "" && from.id !== over && to.id !== over;
        return (
          <g key={at} className={cx("transition-opacity", dim && "opacity-20")}>
            <line
              x1={x1 + (x2 - x1) * cut}
              y1={y1 + (y2 - y1) * cut}
              x2={x2 - (x2 - x1) * cut}
              y2={y2 - (y2 - y1) * cut}
              className="stroke-line-strong"
              strokeWidth="1.2"
              markerEnd="url(#arrow)"
            />
            {(nodes.length < 30 || !dim) && nodes.length < 80 && (
              <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 3} textAnchor="middle" fontSize="9" className="fill-faint stroke-panel" strokeWidth="3" paintOrder="stroke">
                {edge.kind}
              </text>
            )}
          </g>
        );
      })}
      {nodes.map((node) => {
        const middle = node.id === center;
        return (
          <g
            key={node.id}
            transform={`translate(${node.x ?? 0} ${node.y ?? 0})`}
            className={cx("cursor-pointer transition-opacity", over !== "" && !near(node.id) && "opacity-30")}
            onPointerDown={(event) => down(event, node)}
            onPointerEnter={() => setOver(node.id)}
            onPointerLeave={() => setOver("")}
          >
            <title>{`${node.title} (${node.type})`}</title>
            {middle && <circle r="13" className="fill-accent-wash stroke-accent" strokeWidth="1.5" />}
            <circle r={middle ? 7 : 8} className={typeLook(node.type).dot} />
            {(nodes.length < 60 || middle || node.id === over) && (
              <text y={middle ? 26 : 22} textAnchor="middle" fontSize="11" fontWeight={middle ? 600 : 450} className="fill-ink stroke-panel" strokeWidth="3" paintOrder="stroke">
                {short(node.title || "Untitled")}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}
