/**
 * A name server that knows one name: every question for an address is answered with all of the addresses that it was given,
 * another one first each time. RFC 1035.
 *
 * node dns-server.js ADDRESS...
 */
import { createSocket } from 'node:dgram';

const TYPE_A = 1;
const HEADER_BYTES = 12;
const TTL_SECONDS = 30;

/** The answer to a question; turn says which address comes first. */
function answerTo(query: Buffer, addresses: readonly string[], turn: number): Buffer {
  let end = HEADER_BYTES;
  while (query[end] !== 0) end += (query[end] as number) + 1;
  const question = query.subarray(HEADER_BYTES, end + 5);
  const isForAddress = query.readUInt16BE(end + 1) === TYPE_A;
  const given = isForAddress
    ? addresses.map((_, i) => addresses[(i + turn) % addresses.length] as string)
    : [];
  const records = given.map((address) => {
    const record = Buffer.alloc(16);
    // The name stands in the question; then type A, class IN.
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
    record.writeUInt16BE(TYPE_A, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(TTL_SECONDS, 6);
    record.writeUInt16BE(4, 10);
    record.set(address.split('.').map(Number), 12);
    return record;
  });
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question, ...records]);
}

if (process.argv[1] === import.meta.filename) {
  const addresses = process.argv.slice(2);
  const socket = createSocket('udp4');
  let turn = 0;
  socket.on('message', (query, from) => {
    const answer = answerTo(query, addresses, turn);
    // Who asks for addresses of both kinds asks twice.
    if (answer.readUInt16BE(6) > 0) turn += 1;
    socket.send(answer, from.port, from.address);
  });
  socket.bind(53, () => process.stdout.write('bound\n'));
  process.stdin.resume();
}
