/** Members on the members' host, as a process of its own: one a name, on the ports from 9000 on, each answering its name. */
import { createServer } from 'node:http';

export const FIRST_MEMBER_PORT = 9000;

if (process.argv[1] === import.meta.filename) {
  for (const [i, name] of process.argv.slice(2).entries()) {
    createServer((_request, response) => response.end(name)).listen(FIRST_MEMBER_PORT + i);
  }
  process.stdin.resume();
}
