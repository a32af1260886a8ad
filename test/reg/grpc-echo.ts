/**
 * A gRPC service of one method of each kind, and what calls it: messages are text. The server keeps count of what is under
 * way and of what its clients gave up, so that a test can see both ends of a call.
 */
import grpc from '@grpc/grpc-js';

const text = (value: string): Buffer => Buffer.from(value);
const words = (bytes: Buffer): string => bytes.toString();

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/drover.test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: text,
    requestDeserialize: words,
    responseSerialize: text,
    responseDeserialize: words,
  };
}

export const ECHO = {
  unary: method('Unary', false, false),
  up: method('Up', true, false),
  down: method('Down', false, true),
  both: method('Both', true, true),
};

export class GrpcMember {
  readonly port: number;
  /** Calls whose client went away before their end. */
  cancelled = 0;
  readonly #server: grpc.Server;

  private constructor(server: grpc.Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(credentials = grpc.ServerCredentials.createInsecure()): Promise<GrpcMember> {
    const server = new grpc.Server();
    let self: GrpcMember | undefined;
    server.addService(ECHO, {
      unary: (call: grpc.ServerUnaryCall<string, string>, done: grpc.sendUnaryData<string>) => {
        const sent = new grpc.Metadata();
        sent.set('x-behind', 'trailer');
        sent.set('x-seen', String(call.metadata.get('x-mine')[0] ?? ''));
        if (call.request === 'fail')
          done({ code: grpc.status.NOT_FOUND, details: 'no such thing', metadata: sent });
        else if (call.request === 'never') call.on('cancelled', () => count(self));
        else done(null, call.request.toUpperCase(), sent);
      },
      up: (call: grpc.ServerReadableStream<string, string>, done: grpc.sendUnaryData<string>) => {
        let heard = '';
        let isDone = false;
        call.on('data', (message: string) => {
          if (message === 'enough' && !isDone) {
            isDone = true;
            done(null, `${heard}|early`);
          }
          heard += `${message.length > 100 ? message.length : message},`;
        });
        call.on('end', () => {
          if (!isDone) done(null, heard);
        });
      },
      down: (call: grpc.ServerWritableStream<string, string>) => {
        const [amount = '0', size = '1', ending = ''] = call.request.split(' ');
        for (let i = 0; i < Number(amount); i += 1) call.write(`${i}:`.padEnd(Number(size), 'x'));
        if (ending === 'fail') call.emit('error', { code: grpc.status.DATA_LOSS, details: 'half way' });
        else if (ending === 'stay') call.on('cancelled', () => count(self));
        else call.end();
      },
      both: (call: grpc.ServerDuplexStream<string, string>) => {
        call.write('hello');
        call.on('data', (message: string) => call.write(`re: ${message}`));
        call.on('end', () => call.end());
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    self = new GrpcMember(server, port);
    return self;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

function count(member: GrpcMember | undefined): void {
  if (member !== undefined) member.cancelled += 1;
}

const Client = grpc.makeGenericClientConstructor(ECHO, 'Echo');

/** What became of a call. */
export interface Outcome {
  code: grpc.status;
  details: string;
  messages: string[];
  trailers: Record<string, grpc.MetadataValue>;
}

/** Calls the service; every call ends within 15 seconds. */
export class GrpcCaller {
  readonly #client: grpc.Client;

  constructor(address: string, credentials: grpc.ChannelCredentials, name?: string) {
    const named = name === undefined ? {} : { 'grpc.ssl_target_name_override': name };
    this.#client = new Client(address, credentials, { ...named, 'grpc.enable_retries': 0 });
  }

  close(): void {
    this.#client.close();
  }

  #until(): grpc.CallOptions {
    return { deadline: Date.now() + 15_000 };
  }

  unary(message: string): { call: grpc.ClientUnaryCall; outcome: Promise<Outcome> } {
    const { unary } = ECHO;
    const sent = new grpc.Metadata();
    sent.set('x-mine', 'yes');
    const messages: string[] = [];
    const call = this.#client.makeUnaryRequest(
      unary.path,
      text,
      words,
      message,
      sent,
      this.#until(),
      (_error, value) => {
        if (value !== undefined) messages.push(value);
      },
    );
    return { call, outcome: outcomeOf(call, messages) };
  }

  up(messages: readonly string[]): Promise<Outcome> {
    const answers: string[] = [];
    const call = this.#client.makeClientStreamRequest(
      ECHO.up.path,
      text,
      words,
      this.#meta(),
      this.#until(),
      (_error, value) => {
        if (value !== undefined) answers.push(value);
      },
    );
    call.on('error', () => undefined);
    for (const message of messages) call.write(message);
    if (messages.at(-1) !== 'enough') call.end();
    return outcomeOf(call, answers);
  }

  down(message: string): { call: grpc.ClientReadableStream<string>; outcome: Promise<Outcome> } {
    const call = this.#client.makeServerStreamRequest(
      ECHO.down.path,
      text,
      words,
      message,
      this.#meta(),
      this.#until(),
    );
    const messages: string[] = [];
    call.on('error', () => undefined);
    call.on('data', (piece: string) => messages.push(piece));
    return { call, outcome: outcomeOf(call, messages) };
  }

  /** The server speaks first; then each message waits for the answer to the one before. */
  both(messages: readonly string[]): Promise<Outcome> {
    const call = this.#client.makeBidiStreamRequest(ECHO.both.path, text, words, this.#meta(), this.#until());
    const heard: string[] = [];
    call.on('error', () => undefined);
    call.on('data', (piece: string) => {
      const next = messages[heard.length];
      heard.push(piece);
      if (next === undefined) call.end();
      else call.write(next);
    });
    return outcomeOf(call, heard);
  }

  #meta(): grpc.Metadata {
    return new grpc.Metadata();
  }
}

function outcomeOf(call: NodeJS.EventEmitter, messages: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    call.on('status', ({ code, details, metadata }: grpc.StatusObject) =>
      setImmediate(() => resolve({ code, details, messages, trailers: metadata.getMap() })),
    );
  });
}
