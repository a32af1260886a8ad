/**
 * Access logs of one worker thread. Lines are gathered in memory and written in the background, 64 KiB at a time or once
 * a second, so that a request never waits for the disk. Every thread has its own descriptor, opened for appending: the
 * kernel keeps the writes of all threads apart, and a buffer holds whole lines only.
 * A file that many vhosts name is opened once. When the disk is slower than the traffic, lines are dropped and counted:
 * memory is bounded, and the service goes on.
 * Source: httpd 2.4, mod_log_config, CustomLog, BufferedLogs. Workers.
 */
import { openSync, writeSync } from 'node:fs';
import sonicBoom from 'sonic-boom';
import { compileBool } from '../expr/compile.js';
import type { Request } from '../request.js';
import type { AccessLogSettings, Settings } from '../settings.js';
import { compileAccessJson } from './access-json.js';
import { compileAccessLine } from './access-line.js';
import type { LogTarget } from './format.js';
import { LineBuffer, WRITE_AT } from './line-buffer.js';
import { isProgram, type LineRelay, type ProgramTarget } from './piped-log.js';

/** Bytes that may wait for a slow disk, for each file and thread. */
const MAX_WAITING = 16 * 1024 * 1024;
const FLUSH_EVERY_MS = 1000;
/** Losses are told at most so often. */
const TELL_EVERY_MS = 10_000;

export type AccessLogWriter = (r: Request) => void;

/** EdgeLogFormat: lines by their LogFormat, or JSON. */
type Style = Settings['edgeLogFormat'];

/** What takes the lines of requests. */
interface LineFile {
  write(line: string): void;
}

interface BufferedFile extends LineFile {
  readonly dropped: number;
  flush(): void;
  flushSync(): void;
  reopen(): void;
  close(): Promise<void>;
}

export class AccessLogs {
  readonly #files = new Map<string, BufferedFile>();
  readonly #relay: LineRelay;
  #toldDropped = 0;
  #toldAt = 0;
  readonly #onError: (message: string) => void;
  readonly #timer: NodeJS.Timeout;

  /**
   * onError  hears of files that cannot be written, once for each outage, and of lines that were dropped
   * relay    takes lines for programs; without one they are lost
   */
  constructor(onError: (message: string) => void = () => {}, relay: LineRelay = () => {}) {
    this.#onError = onError;
    this.#relay = relay;
    this.#timer = setInterval(() => {
      for (const file of this.#files.values()) file.flush();
      this.#tellDropped();
    }, FLUSH_EVERY_MS);
    this.#timer.unref();
  }

  /**
   * The access logs of a server as one step; undefined when it has none.
   * errors  what open(2) says of a file
   */
  compile(logs: readonly AccessLogSettings[], style: Style = 'httpd'): AccessLogWriter | undefined {
    const writers = logs.map((log) => compileWriter(log, style, this.#open(log.target)));
    if (writers.length < 2) return writers[0];
    return (r) => {
      for (const write of writers) write(r);
    };
  }

  /** Lines given up because the disk could not follow. */
  get dropped(): number {
    let count = 0;
    for (const file of this.#files.values()) count += file.dropped;
    return count;
  }

  /** Opens every file anew, after a rotation has moved it. */
  reopen(): void {
    for (const file of this.#files.values()) file.reopen();
  }

  /** Hands what has been gathered to the kernel; for a thread that is about to die. */
  flushSync(): void {
    for (const file of this.#files.values()) file.flushSync();
  }

  /** Writes what is waiting and closes the files; no line may be written after this. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  #open(target: LogTarget): LineFile {
    const key = isProgram(target) ? JSON.stringify(target) : pathOf(target);
    let file = this.#files.get(key);
    if (file === undefined) {
      file = isProgram(target)
        ? new RelayFile(target, this.#relay)
        : new AccessFile(pathOf(target), this.#onError);
      this.#files.set(key, file);
    }
    return file;
  }

  #tellDropped(): void {
    const count = this.dropped;
    const now = Date.now();
    if (count === this.#toldDropped || now - this.#toldAt < TELL_EVERY_MS) return;
    const fresh = count - this.#toldDropped;
    this.#onError(`access logs: ${fresh} lines dropped, the disk does not follow (${count} in all)`);
    this.#toldDropped = count;
    this.#toldAt = now;
  }
}

function pathOf(target: LogTarget): string {
  return target.kind === 'file' ? target.path : '/dev/stderr';
}

function compileWriter(log: AccessLogSettings, style: Style, file: LineFile): AccessLogWriter {
  const line = style === 'json' ? compileAccessJson() : compileAccessLine(log.format);
  const { env, expr } = log;
  if (expr !== undefined) {
    const isWanted = compileBool(expr, { vary: false });
    return (r) => {
      if (isWanted(r)) file.write(line(r));
    };
  }
  if (env !== undefined) {
    const { name, negate } = env;
    return (r) => {
      if ((r.env?.has(name) === true) !== negate) file.write(line(r));
    };
  }
  return (r) => file.write(line(r));
}

/** Lines for a program, gathered as those for a file are. What it cannot take is counted where it runs. */
class RelayFile implements BufferedFile {
  readonly dropped = 0;
  readonly #target: ProgramTarget;
  readonly #relay: LineRelay;
  #text = '';

  constructor(target: ProgramTarget, relay: LineRelay) {
    this.#target = target;
    this.#relay = relay;
  }

  write(line: string): void {
    this.#text += line;
    if (this.#text.length >= WRITE_AT) this.flush();
  }

  flush(): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#relay(this.#target, text);
  }

  flushSync(): void {
    this.flush();
  }

  reopen(): void {
    this.flush();
  }

  close(): Promise<void> {
    this.flush();
    return Promise.resolve();
  }
}

class AccessFile implements BufferedFile {
  readonly #path: string;
  readonly #onError: (message: string) => void;
  #stream: sonicBoom.SonicBoom;
  /** Lines not yet handed to the stream. */
  readonly #lines: LineBuffer;
  dropped = 0;
  #hasFailed = false;

  constructor(path: string, onError: (message: string) => void) {
    this.#path = path;
    this.#onError = onError;
    this.#stream = this.#openStream();
    // Buffers are what it takes in its mode for them; its types know of text alone.
    this.#lines = new LineBuffer((bytes) => this.#stream.write(bytes as unknown as string));
  }

  write(line: string): void {
    this.#lines.add(line);
  }

  flush(): void {
    this.#lines.flush();
  }

  /** What waits goes to the file that was open; when the new one cannot be opened, all goes on there. */
  reopen(): void {
    this.flush();
    const old = this.#stream;
    try {
      this.#stream = this.#openStream();
    } catch (error) {
      this.#fail(error);
      return;
    }
    old.end();
  }

  /** Lines that were not handed on yet are written here: a write that the stream has begun can not be waited for. */
  flushSync(): void {
    const { fd } = this.#stream as unknown as { fd: number };
    try {
      this.#stream.flushSync();
      this.#lines.flush((bytes) => writeSync(fd, bytes));
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): Promise<void> {
    this.flush();
    return new Promise((resolve) => {
      this.#stream.once('close', resolve);
      this.#stream.once('error', resolve);
      this.#stream.end();
    });
  }

  #openStream(): sonicBoom.SonicBoom {
    const fd = openSync(this.#path, 'a', 0o644);
    const stream = new sonicBoom.SonicBoom({
      fd,
      minLength: 0,
      maxWrite: 2 * WRITE_AT,
      maxLength: MAX_WAITING,
      contentMode: 'buffer',
      sync: false,
    });
    stream.on('drop', (bytes: unknown) => {
      this.dropped += linesIn(bytes as Buffer);
    });
    stream.on('error', (error: Error) => this.#fail(error));
    stream.on('write', () => {
      this.#hasFailed = false;
    });
    return stream;
  }

  #fail(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (!this.#hasFailed) this.#onError(`could not write access log file ${this.#path}: ${why}`);
    this.#hasFailed = true;
  }
}

function linesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
}
