/**
 * The error log: which lines are written, how they look, and where they go. Lines are written at once and whole: they
 * are few, and the last ones before an end are those that matter. Every thread and process has its own descriptor,
 * opened for appending, so that lines of all of them mix without cutting each other.
 * Each server has its own ErrorLog; those that name the same file share its descriptor.
 * Source: httpd 2.4, core, "ErrorLog", "LogLevel", "ErrorLogFormat". Any thread.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { wallClock } from '../../workers/clock.js';
import type { Request } from '../request.js';
import type { LogLevels, PlaceOverrides } from '../settings.js';
import { compileJsonLine } from './error-json.js';
import { compileErrorLine, type ErrorEvent, type ErrorLine } from './error-line.js';
import type { LogFormat, LogTarget } from './format.js';
import { isProgram, type LineRelay } from './piped-log.js';
import { rankOf, type Severity } from './severity.js';
import { syslogLine } from './syslog.js';

/** What a line can tell beside its message. Texts are raw. */
export interface ErrorExtra {
  /** `ip:port`; needed only where there is no request. */
  client?: string;
  referer?: string;
  /** `(111)Connection refused` */
  osError?: string;
  request?: Request;
}

export interface ErrorLogOptions {
  target: LogTarget;
  levels: LogLevels;
  format?: LogFormat;
  /** ErrorLogFormat request: lines before the first one about a request. */
  requestFormats?: readonly LogFormat[];
  /** EdgeLogFormat: httpd's lines, or JSON by pino. */
  style?: 'httpd' | 'json';
}

const STDERR = 2;

/** Where whole lines go. */
interface LineSink {
  write(text: string, severity: Severity): void;
}

/** The error logs of one thread, and the files they share. */
export class ErrorLogs {
  readonly #files = new Map<string, ErrorFile>();
  readonly #now: () => number;
  readonly #relay: LineRelay | undefined;

  /**
   * now    wall clock in ms with fractions
   * relay  takes lines for programs and syslog; without one they go to standard error
   */
  constructor(now: () => number = wallClock, relay?: LineRelay) {
    this.#now = now;
    this.#relay = relay;
  }

  /** errors  what open(2) says of the file */
  open(options: ErrorLogOptions): ErrorLog {
    return new ErrorLog(options, this.#sinkOf(options.target), this.#now);
  }

  /** Opens every file anew, after a rotation has moved it. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #sinkOf(target: LogTarget): LineSink {
    const relay = this.#relay;
    if (relay !== undefined && isProgram(target)) {
      if (target.kind === 'pipe') return { write: (text) => relay(target, text) };
      const { facility } = target;
      return { write: (text, severity) => relay(target, syslogLine(facility, severity, text)) };
    }
    const path = target.kind === 'file' ? target.path : '';
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new ErrorFile(path);
      this.#files.set(path, file);
    }
    return file;
  }
}

/** The error log of one server. */
export class ErrorLog {
  readonly #file: LineSink;
  readonly #now: () => number;
  readonly #line: ErrorLine;
  readonly #requestLines: readonly ErrorLine[];
  readonly #defaultRank: number;
  readonly #ranks: ReadonlyMap<string, number>;

  constructor(options: ErrorLogOptions, file: LineSink, now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#line = options.style === 'json' ? compileJsonLine() : compileErrorLine(options.format);
    const { requestFormats = [] } = options;
    this.#requestLines = options.style === 'json' ? [] : requestFormats.map(compileErrorLine);
    this.#defaultRank = rankOf(options.levels.default);
    this.#ranks = new Map(
      Object.entries(options.levels.modules).map(([name, level]) => [name, rankOf(level)]),
    );
  }

  /** Would such a line be written? Ask before building a costly message. over: what the request's place says */
  isEnabled(module: string, severity: Severity, over?: PlaceOverrides['logLevel']): boolean {
    const level = over === undefined ? undefined : (over.modules[module] ?? over.default);
    if (level !== undefined) return rankOf(severity) <= rankOf(level);
    return rankOf(severity) <= (this.#ranks.get(module) ?? this.#defaultRank);
  }

  /**
   * module   as LogLevel names it: `proxy`, `proxy_balancer`, `core`
   * message  raw text, beginning with its AH number where it has one
   */
  log(module: string, severity: Severity, message: string, extra?: ErrorExtra): void {
    if (!this.isEnabled(module, severity, extra?.request?.over?.logLevel)) return;
    const event: ErrorEvent = { at: this.#now(), module, severity, message, ...extra };
    const { request } = event;
    if (request?.logId === '') {
      // By it the access log's %L says that something is told here.
      request.logId = randomBytes(8).toString('base64url');
      const about: ErrorEvent = { at: event.at, module: '', severity, message: '', request };
      for (const line of this.#requestLines) this.#file.write(line(about), severity);
    }
    this.#file.write(this.#line(event), severity);
  }
}

/** An open file, or standard error when the path is empty. */
export class ErrorFile {
  readonly #path: string;
  #fd: number;

  /** errors  what open(2) says */
  constructor(path: string) {
    this.#path = path;
    this.#fd = path === '' ? STDERR : openSync(path, 'a', 0o644);
  }

  write(text: string): void {
    if (text === '') return;
    try {
      writeSync(this.#fd, text);
    } catch {
      // A log that cannot be written has nowhere to say so, and no request fails for it.
    }
  }

  /** The old file goes on when the new one cannot be opened. */
  reopen(): void {
    if (this.#path === '') return;
    try {
      const fd = openSync(this.#path, 'a', 0o644);
      closeSync(this.#fd);
      this.#fd = fd;
    } catch (error) {
      this.write(
        `could not reopen ${this.#path}: ${error instanceof Error ? error.message : String(error)}\n`,
      );
    }
  }

  close(): void {
    if (this.#path === '') return;
    closeSync(this.#fd);
    this.#fd = STDERR;
  }
}
