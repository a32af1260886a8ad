/**
 * The client of the control socket: one question, one answer in JSON. What is refused becomes CtlRefused with the words of
 * whoever refused it. Command line only; it connects to a unix socket of this machine and to nothing else.
 */
import { request } from 'node:http';

/** The message is for whoever typed the command. */
export class CtlRefused extends Error {}

export class CtlClient {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** errors  CtlRefused */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, value } = await this.#exchange(method, path, body);
    if (status < 400) return value;
    throw new CtlRefused((value as { error?: string }).error ?? `answer ${status}`);
  }

  /** As ask, but undefined for what is not there. */
  async find(path: string): Promise<unknown> {
    const { status, value } = await this.#exchange('GET', path, undefined);
    if (status === 404) return undefined;
    if (status < 400) return value;
    throw new CtlRefused((value as { error?: string }).error ?? `answer ${status}`);
  }

  #exchange(method: string, path: string, body: unknown): Promise<{ status: number; value: unknown }> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
      const asked = request(
        { socketPath: this.#socket, method, path: path === '' ? '/' : path, headers },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (piece: string) => {
            text += piece;
          });
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, value: JSON.parse(text) as unknown }),
          );
          answer.on('error', reject);
        },
      );
      asked.on('error', (error: NodeJS.ErrnoException) =>
        reject(new CtlRefused(whyNot(error, this.#socket))),
      );
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function whyNot(error: NodeJS.ErrnoException, socket: string): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return `no drover answers on ${socket}: is it running, and with this configuration file?`;
    case 'EACCES':
      return `${socket} is for the account that started drover`;
    default:
      return `${socket}: ${error.message}`;
  }
}
