/**
 * A member as a process of its own, so that it can be killed and stopped as a real one: `node member-process.js PORT
 * NAME`. Its parent tells it how to answer by messages; checks of its health are always answered well, because the
 * faults here are those that checks do not see.
 */
import { createServer, type ServerResponse } from 'node:http';

/** How it answers: as it should, late, with 500, or with half a body and an end. */
export type Mood = 'well' | 'slow' | 'errors' | 'cuts';

const [, , port = '0', name = 'member'] = process.argv;
/** Long beside a usual answer, short beside the time-out that the balancer has. */
const SLOW_MS = 800;
export const BODY_BYTES = 4000;
let mood: Mood = 'well';

process.on('message', (next: Mood) => {
  mood = next;
});
process.on('disconnect', () => process.exit(0));

function answer(response: ServerResponse): void {
  const body = name.padEnd(BODY_BYTES, '.');
  if (mood === 'errors') response.writeHead(500, { 'X-Member': name }).end('out of order');
  else {
    response.writeHead(200, { 'X-Member': name, 'Content-Length': BODY_BYTES });
    if (mood === 'cuts') response.write(body.slice(0, 1000), () => response.destroy());
    else response.end(body);
  }
}

// Only as a program: the test takes the constants and types from here.
if (process.argv[1] === import.meta.filename) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/healthz') response.end('fine');
    else if (mood === 'slow') setTimeout(() => answer(response), SLOW_MS);
    else answer(response);
  });
  server.listen(Number(port), '127.0.0.1', () => process.send?.('listening'));
}
