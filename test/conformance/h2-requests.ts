/** The requests that rows of all tables of HTTP/2 send: a GET that is whole, a POST whose body is still to come. */
import { block, END_HEADERS, END_STREAM, frame, request } from '../reg/h2-frames.js';

export const WHOLE = END_HEADERS | END_STREAM;
export const GET = request('GET');
export const POST = request('POST');

export function get(stream: number): Buffer {
  return frame('HEADERS', WHOLE, stream, GET);
}

export function post(stream: number): Buffer {
  return frame('HEADERS', END_HEADERS, stream, POST);
}

/** The second of these is answered from the cache, while it is read. */
export function getAtOnce(stream: number): Buffer {
  const own = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/at-once'],
    [':authority', 'a.test'],
  ] as const;
  return frame('HEADERS', WHOLE, stream, block(...own));
}
