/**
 * SetHandler server-status: `?auto` is text in httpd's keys for monitoring agents, which read it by `Key: value`.
 * Source: httpd 2.4 manual, mod_status; keys and forms observed on 2.4.71. Worker.
 */

import { serverName } from '../http/variables.js';
import type { Request } from '../request.js';
import { serverToken } from '../server-token.js';
import type { Handler, HandlerAnswer } from './handler.js';
import type { Overview } from './overview.js';
import { builtAt, gatherFigures, general, spelledDuration, spelledTime } from './status-figures.js';

const TEXT = ['Content-Type', 'text/plain; charset=ISO-8859-1'];

export class ServerStatus implements Handler {
  readonly methods = ['GET', 'POST'];
  readonly #overview: Overview;

  constructor(overview: Overview) {
    this.#overview = overview;
  }

  answer(r: Request): HandlerAnswer {
    return { status: 200, fields: TEXT, body: this.#auto(r) };
  }

  #auto(r: Request): string {
    const f = gatherFigures(this.#overview, 0, Date.now());
    const seconds = Math.max(f.uptime, 1);
    const per = (value: number, by: number): string => general(by > 0 ? value / by : 0);
    const rows: [string, string | number][] = [
      ['ServerVersion', serverToken('Full')],
      ['ServerMPM', 'drover'],
      ['Server Built', builtAt()],
      ['CurrentTime', spelledTime(f.now)],
      ['RestartTime', spelledTime(f.startedAt)],
      ['ParentServerConfigGeneration', 1],
      ['ParentServerMPMGeneration', 0],
      ['ServerUptimeSeconds', f.uptime],
      ['ServerUptime', spelledDuration(f.uptime)],
      ['Load1', (f.load[0] ?? 0).toFixed(2)],
      ['Load5', (f.load[1] ?? 0).toFixed(2)],
      ['Load15', (f.load[2] ?? 0).toFixed(2)],
      ['Total Accesses', f.accesses],
      ['Total kBytes', Math.floor(f.bytes / 1024)],
      ['Total Duration', Math.round(f.duration)],
      ['CPUUser', general(f.cpuUser)],
      ['CPUSystem', general(f.cpuSystem)],
      ['CPUChildrenUser', 0],
      ['CPUChildrenSystem', 0],
      ['CPULoad', general(((f.cpuUser + f.cpuSystem) / seconds) * 100)],
      ['Uptime', f.uptime],
      ['ReqPerSec', per(f.accesses, seconds)],
      ['BytesPerSec', per(f.bytes, seconds)],
      ['BytesPerReq', per(f.bytes, f.accesses)],
      ['DurationPerReq', per(f.duration, f.accesses)],
      ['BusyWorkers', f.busy],
      ['GracefulWorkers', 0],
      ['IdleWorkers', f.idle],
      ['Processes', 1],
      ['Stopping', 0],
      ['ConnsTotal', 0],
      ['ConnsAsyncWaitIO', 0],
      ['ConnsAsyncWriting', 0],
      ['ConnsAsyncKeepAlive', 0],
      ['ConnsAsyncClosing', 0],
      ['Scoreboard', f.scoreboard],
    ];
    return `${serverName(r)}\n${rows.map(([key, value]) => `${key}: ${value}\n`).join('')}`;
  }
}
