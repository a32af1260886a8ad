/**
 * Compares passwords with bcrypt hashes in a thread of its own: a hash of usual cost takes a tenth of a second, in which a
 * worker would serve nobody. It gets questions by message and answers them one by one, in order.
 * Thread: started by passwords.ts of a worker when the first bcrypt hash is met.
 */
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

export interface BcryptQuestion {
  id: number;
  /** UTF-8, as the client sent it. */
  password: string;
  hash: string;
}

export interface BcryptAnswer {
  id: number;
  isRight: boolean;
}

parentPort?.on('message', ({ id, password, hash }: BcryptQuestion) => {
  const answer: BcryptAnswer = { id, isRight: isRight(password, hash) };
  parentPort?.postMessage(answer);
});

function isRight(password: string, hash: string): boolean {
  try {
    return compareSync(password, hash);
  } catch {
    return false;
  }
}
