/**
 * What a case is, as data: steps that a client takes, and what httpd is known to answer. A group is a configuration
 * with its cases. The comparison needs no expectation (httpd is the judge), but each case states one all the same, so
 * that a case which has ceased to test what its name says fails by itself.
 */

import type { TlsOptions } from 'node:tls';
import type { SeenResponse, TlsDial } from './client.js';
import type { Script, SeenRequest } from './origins.js';
import { LENGTH } from './places.js';
import type { Engine } from './server.js';

export interface Step {
  /** Bytes to send, latin1, with `${NAME}` expanded (`${LENGTH}`: of the body); several requests in one string are sent in one write. */
  send: string;
  /** Method of the request, for the reading of its response. */
  method: string;
  /** Name of a connection that is kept between steps; undefined: one of its own, closed after the step. */
  on?: string;
  /** Listener to connect to: LISTEN (default), LISTEN2, LISTEN3, LISTEN_TLS. */
  to?: string;
  /** Server name for TLS, or more of how it is spoken. */
  tls?: string | TlsDial;
  /** Milliseconds to wait before the step. */
  after?: number;
  /** Health checks that one of the members must have had, counted from the step before, until this one is taken. */
  checks?: number;
  /** What the error log must say, and how often, until this one is taken. */
  logs?: { text: string; times: number };
  /** Steps that start while this one is still under way: each when the one before it is answered, or `held` by a member. */
  beside?: Step[];
  /** Parts of the response's body, each the first group of its pattern, that later steps send as `${NAME}`. */
  keep?: Record<string, RegExp>;
  /** For a page of the server's own: what counts of its body. Only that, the status and Content-Type are compared. */
  reads?: (body: string) => string;
}

export interface DiffCase {
  /** A sentence of behaviour. */
  name: string;
  steps: Step[];
  /** Per step, in order (those of `beside` follow their own): `status member`, see summary() in compare.ts. */
  expect: string[];
  /** What the members answer; made anew for each server, so that a script may count. */
  script?: () => Script;
  /** Further facts of httpd's answers, thrown as assertions. */
  check?: (seen: Observation[]) => void;
  /** Error-log codes both must have written, e.g. AH00957; sorted, duplicates kept. Only in groups that are `fresh`. */
  errors?: string[];
}

export interface DiffGroup {
  name: string;
  /** Configuration text after the shared prelude (harness/httpd.ts); a function is called when servers start. */
  config: string | (() => string);
  /** A file outside the repository without which the group cannot run. */
  needs?: string;
  engine?: Engine;
  /** Members that speak AJP, by name: `${AJP1}` is where the first of them listens. */
  ajp?: string[];
  /** TLS before web1, by name: `${SECURE_NAME}` is its port. */
  secured?: Record<string, () => TlsOptions>;
  /**
   * Why drover cannot answer as httpd does to the byte. Only summaries (status, members) are compared then, and no
   * access log. For what the engine's own parser refuses, before drover sees it.
   */
  loosely?: string;
  /**
   * Directives that drover does not have yet. Then the group holds drover to refuse the configuration in words that
   * name them; once it starts instead, the group fails, and this line is to be removed.
   */
  refused?: string[];
  /** True: servers are started anew for each case, so that lbstatus and member states begin at zero. */
  fresh?: boolean;
  cases: DiffCase[];
}

/** One step as observed at both ends. */
export interface Observation {
  response: SeenResponse;
  /** What members saw during the step, in order of the members. */
  seen: SeenRequest[];
}

type RequestOptions = Omit<Step, 'send' | 'method'> & { host?: string; body?: string; version?: string };

/**
 * A well-formed request.
 * rows     further header lines, `Name: value`
 * options  host (default www.example.com), body (sent with Content-Length), and the options of Step
 */
export function request(
  method: string,
  target: string,
  rows: string[] = [],
  options: RequestOptions = {},
): Step {
  const { host = 'www.example.com', body, version = 'HTTP/1.1', ...step } = options;
  const framing = body === undefined ? [] : [`Content-Length: ${LENGTH}`];
  const lines = [`${method} ${target} ${version}`, `Host: ${host}`, ...rows, ...framing];
  return { ...step, method, send: `${lines.join('\r\n')}\r\n\r\n${body ?? ''}` };
}

export function get(target: string, rows: string[] = [], options: RequestOptions = {}): Step {
  return request('GET', target, rows, options);
}

/** Bytes as they stand; lines are joined with CRLF and nothing is added at the end. */
export function raw(lines: string[], options: Partial<Step> = {}): Step {
  return { method: 'GET', ...options, send: lines.join('\r\n') };
}

/** The same step several times. */
export function times(count: number, step: Step): Step[] {
  return Array.from({ length: count }, () => step);
}
