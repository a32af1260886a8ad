/**
 * The origin behind every peer: an nginx of its own on the client's core, because an origin written in anything slower
 * would be what is measured. Two ports for two members; small bodies come from memory, the large one by sendfile. What may
 * be cached is logged, so that a run can tell that nothing but its first request came from a cache's peer.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { type Running, start } from './process.js';

export interface Origin extends Running {
  /** Ports of the two members. */
  ports: [number, number];
  /** Requests for what may be cached since the start. */
  cachedFetches(): number;
}

/** Bodies by path, in bytes; /sink takes POST bodies and answers 2 bytes. */
export const BODIES: Record<string, number> = {
  '/24b': 24,
  '/1k': 1024,
  '/100k': 102_400,
  '/sink': 2,
  '/cached/1k': 1024,
  '/cached/100k': 102_400,
  '/cached/zipf/0': 10_240,
};

export async function startOrigin(directory: string, core: number): Promise<Origin> {
  const home = join(directory, 'origin');
  mkdirSync(join(home, 'files/cached'), { recursive: true });
  writeFileSync(join(home, 'files', '100k'), 'x'.repeat(102_400));
  for (const name of ['1k', '100k'])
    writeFileSync(join(home, 'files/cached', name), 'c'.repeat(BODIES[`/cached/${name}`] ?? 0));
  writeFileSync(join(home, 'files/zipf'), 'z'.repeat(BODIES['/cached/zipf/0'] ?? 0));
  const log = join(home, 'cached.log');
  const ports: [number, number] = [await freePort(), await freePort()];
  writeFileSync(join(home, 'nginx.conf'), configuration(home, ports));
  const launch = {
    command: 'nginx',
    arguments: ['-p', home, '-c', join(home, 'nginx.conf'), '-e', 'error.log'],
  };
  const running = await start(launch, core, ports[1], home);
  return { ...running, ports, cachedFetches: () => linesIn(log) };
}

function configuration(home: string, ports: number[]): string {
  return `daemon off;
master_process off;
worker_processes 1;
pid ${home}/origin.pid;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 3600;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=8 inactive=3600;
  client_body_temp_path ${home}/body;
  client_max_body_size 1m;
  client_body_buffer_size 64k;
  default_type text/plain;
  server {
${ports.map((port) => `    listen 127.0.0.1:${port} backlog=4096;`).join('\n')}
    root ${home}/files;
    location = /24b { return 200 "${'b'.repeat(24)}"; }
    location = /1k { return 200 "${'k'.repeat(1024)}"; }
    location = /100k { }
    location ^~ /cached/zipf/ {
      add_header Cache-Control max-age=86400;
      access_log ${home}/cached.log;
      rewrite ^ /zipf break;
    }
    location ^~ /cached/ { add_header Cache-Control max-age=86400; access_log ${home}/cached.log; }
    location = /sink { return 200 "ok"; }
  }
}
`;
}

/** A log may have grown to many megabytes. */
function linesIn(log: string): number {
  const bytes = readFileSync(log);
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}
