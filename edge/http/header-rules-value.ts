/**
 * Values of header rules: format codes and expressions to one function that gives the text.
 * Whatever a value is made of (a client's header, a variable, a backreference), it must not start a new line in the
 * message: RFC 9110 5.5 allows neither CR nor LF nor NUL in a field value.
 * Source: httpd 2.4, mod_headers, "Header". Any thread; nothing compiled here throws.
 */
import { loadavg } from 'node:os';
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { compileString } from '../expr/compile.js';
import type { Request } from '../request.js';
import type { HeaderPart, HeaderValue } from './header-rules.js';
import { tlsVariable } from './variables.js';

type Value = (r: Request) => string;

export function compileHeaderValue(value: HeaderValue): Value {
  if (value.kind === 'expr') {
    const text = compileString(value.expr, { vary: false });
    return (r) => sanitised(text(r));
  }
  const parts = value.parts.map(compilePart);
  if (parts.every((part) => typeof part === 'string')) {
    const text = sanitised(parts.join(''));
    return () => text;
  }
  return (r) => {
    let out = '';
    for (const part of parts) out += typeof part === 'string' ? part : part(r);
    return sanitised(out);
  };
}

/**
 * CR, LF and NUL become blanks.
 * httpd differs: it does this for variables only, and answers 500 to a line break that came otherwise.
 */
export function sanitised(text: string): string {
  return /[\r\n\0]/.test(text) ? text.replace(/[\r\n\0]/g, ' ') : text;
}

function compilePart(part: HeaderPart): string | Value {
  if ('text' in part) return part.text;
  switch (part.code) {
    case 't':
      return (r) => `t=${Math.floor(r.startedAt * 1000)}`;
    case 'D':
      return (r) => `D=${Math.max(0, Math.round((now() - r.startedAt) * 1000))}`;
    case 'l':
      return () => {
        const [one = 0, five = 0, fifteen = 0] = loadavg();
        return `l=${one.toFixed(2)}/${five.toFixed(2)}/${fifteen.toFixed(2)}`;
      };
    case 'i':
      return () => `i=${100 - busyPercent()}`;
    case 'b':
      return () => `b=${busyPercent()}`;
    case 'e': {
      const { name } = part;
      return (r) => r.env?.get(name) ?? '(null)';
    }
    case 's': {
      const name = part.name.toUpperCase();
      return (r) => tlsVariable(r, name) || '(null)';
    }
  }
}

/** Wall clock in ms with fractions, as Request.startedAt. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

let lastLoop: EventLoopUtilization | undefined;
let lastBusy = 0;
let lastBusyAt = 0;

/**
 * How busy this thread is, in percent, over the last second or more.
 * httpd differs: there it is the share of worker slots that serve a request.
 */
function busyPercent(): number {
  const at = performance.now();
  if (lastLoop !== undefined && at - lastBusyAt < 1000) return lastBusy;
  const loop = performance.eventLoopUtilization();
  const share = lastLoop === undefined ? loop : performance.eventLoopUtilization(loop, lastLoop);
  lastLoop = loop;
  lastBusyAt = at;
  lastBusy = Math.round(share.utilization * 100);
  return lastBusy;
}
