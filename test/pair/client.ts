/**
 * Clients on the client's host, as a process of its own: some sessions, each asking again and again on a new connection
 * and keeping its cookie. A connection that cannot be made is made again, as a browser does; what counts as lost is a
 * request that was sent. One line of JSON an event on standard output; it ends when standard input does.
 *
 * node client.js ADDRESS PORT SESSIONS
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ClientEvent {
  /** ms since the epoch. */
  at: number;
  session: number;
  kind: 'answered' | 'lost' | 'unreachable';
  status: number;
  /** The member that answered. */
  member: string;
}

const CONNECT_WITHIN_MS = 500;
const ANSWER_WITHIN_MS = 4000;
const PAUSE_MS = 5;

type Answer = { kind: 'answered'; head: string; body: string } | { kind: 'lost' | 'unreachable' };

function ask(host: string, port: number, cookie: string): Promise<Answer> {
  return new Promise((resolve) => {
    let isSent = false;
    let heard = '';
    const socket = connect(port, host);
    const late = setTimeout(() => socket.destroy(), CONNECT_WITHIN_MS);
    socket.once('connect', () => {
      isSent = true;
      clearTimeout(late);
      socket.setTimeout(ANSWER_WITHIN_MS, () => socket.destroy());
      socket.write(`GET / HTTP/1.1\r\nHost: pair.test\r\n${cookie}Connection: close\r\n\r\n`);
    });
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(late);
      const at = heard.indexOf('\r\n\r\n');
      const length = Number(/^content-length: (\d+)/im.exec(heard)?.[1] ?? Number.NaN);
      const body = heard.slice(at + 4);
      if (at >= 0 && body.length === length) resolve({ kind: 'answered', head: heard.slice(0, at), body });
      else resolve({ kind: isSent ? 'lost' : 'unreachable' });
    });
  });
}

async function run(host: string, port: number, sessions: number): Promise<void> {
  let isOver = false;
  process.stdin.once('end', () => {
    isOver = true;
  });
  process.stdin.resume();
  const one = async (session: number): Promise<void> => {
    let cookie = '';
    while (!isOver) {
      const answer = await ask(host, port, cookie);
      const isAnswered = answer.kind === 'answered';
      const set = isAnswered ? /^set-cookie: ([^;\r]+)/im.exec(answer.head)?.[1] : undefined;
      if (set !== undefined) cookie = `Cookie: ${set}\r\n`;
      const event: ClientEvent = {
        at: Date.now(),
        session,
        kind: answer.kind,
        status: isAnswered ? Number(answer.head.split(' ')[1]) : 0,
        member: isAnswered ? answer.body : '',
      };
      process.stdout.write(`${JSON.stringify(event)}\n`);
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: sessions }, (_, session) => one(session)));
}

const [host = '', port = '', sessions = ''] = process.argv.slice(2);
void run(host, Number(port), Number(sessions));
