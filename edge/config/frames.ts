/**
 * What is open while a file is read: a section, a condition whose content is read, one whose content is skipped, or a
 * macro whose lines are being collected. After a fault some are ended early; the end that comes for them later is then
 * no second fault.
 */
import type { Position } from './error.js';
import type { LogicalLine } from './lexer.js';
import type { TreeNode } from './tree.js';

export type Frame =
  | { kind: 'section'; name: string; at: Position; node: TreeNode }
  | { kind: 'read' | 'skipped'; name: string; at: Position }
  | { kind: 'macro'; name: string; at: Position; words: string[]; body: LogicalLine[]; depth: number };

/** What is open, innermost last; `lost` was ended by a fault. */
export type Frames = Frame[] & { lost: string[] };

export function newFrames(): Frames {
  return Object.assign([], { lost: [] });
}

/** Where new nodes go: into the innermost open section. */
export function nodesOf(frames: readonly Frame[], into: TreeNode[]): TreeNode[] {
  const inner = frames.findLast((frame) => frame.kind === 'section');
  return inner === undefined ? into : inner.node.children;
}

/** Does this end something that a fault has ended already? */
export function isLost(frames: Frames, name: string): boolean {
  const at = frames.lost.indexOf(name.toLowerCase());
  if (at >= 0) frames.lost.splice(at, 1);
  return at >= 0;
}

/** After a fault: end the innermost frame of that name, with what is open inside it. */
export function closeThrough(frames: Frames, name: string): void {
  const opened = frames.findLastIndex((frame) => isSame(frame.name, name));
  if (opened < 0) return;
  frames.lost.push(...frames.slice(opened + 1).map((frame) => frame.name.toLowerCase()));
  frames.length = opened;
}

export function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
